/* Answers are found as they were kept, and not once they have been forgotten. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "vm/policy/cpuid_memo.h"

static struct cpuid_memo memo;

static struct cpuid_result answer(uint32_t n)
{
	return (struct cpuid_result) { n, n + 1, n + 2, n + 3 };
}

static int begin(void **state)
{
	memo = (struct cpuid_memo) { 0 };
	cpuid_memo_forget(&memo);
	return 0;
}

static void knows_nothing_at_first(void **state)
{
	/* Leaf 0 with subleaf 0 looks like an empty row. */
	assert_null(cpuid_memo_find(&memo, 0, 0));
	assert_null(cpuid_memo_find(&memo, 7, 1));
}

static void finds_what_was_kept(void **state)
{
	cpuid_memo_keep(&memo, 7, 0, answer(10));
	cpuid_memo_keep(&memo, 7, 1, answer(20));
	cpuid_memo_keep(&memo, 0x80000007, 0, answer(30));
	assert_int_equal(cpuid_memo_find(&memo, 7, 0)->eax, 10);
	assert_int_equal(cpuid_memo_find(&memo, 7, 1)->edx, 23);
	assert_int_equal(cpuid_memo_find(&memo, 0x80000007, 0)->ebx, 31);
	assert_null(cpuid_memo_find(&memo, 7, 2));
	assert_null(cpuid_memo_find(&memo, 0x40000007, 0));
}

static void one_row_holds_one_answer(void **state)
{
	cpuid_memo_keep(&memo, 1, 0, answer(10));
	cpuid_memo_keep(&memo, 1 + CPUID_MEMO_ROWS, 0, answer(20));
	assert_null(cpuid_memo_find(&memo, 1, 0));
	assert_int_equal(cpuid_memo_find(&memo, 1 + CPUID_MEMO_ROWS, 0)->eax, 20);
}

static void forgets_all_at_once(void **state)
{
	cpuid_memo_keep(&memo, 1, 0, answer(10));
	cpuid_memo_keep(&memo, 7, 0, answer(20));
	cpuid_memo_forget(&memo);
	assert_null(cpuid_memo_find(&memo, 1, 0));
	assert_null(cpuid_memo_find(&memo, 7, 0));
	cpuid_memo_keep(&memo, 1, 0, answer(30));
	assert_int_equal(cpuid_memo_find(&memo, 1, 0)->eax, 30);
}

static void generations_that_come_round_are_no_answers(void **state)
{
	cpuid_memo_keep(&memo, 1, 0, answer(10)); /* of generation 1 */
	memo.generation = UINT32_MAX;
	cpuid_memo_forget(&memo);
	assert_int_equal(memo.generation, 1);
	assert_null(cpuid_memo_find(&memo, 1, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(knows_nothing_at_first, begin),
		cmocka_unit_test_setup(finds_what_was_kept, begin),
		cmocka_unit_test_setup(one_row_holds_one_answer, begin),
		cmocka_unit_test_setup(forgets_all_at_once, begin),
		cmocka_unit_test_setup(generations_that_come_round_are_no_answers, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
