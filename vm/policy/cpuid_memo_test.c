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

/* Two answers that belong into one row: the later one stays. */
static void one_row_holds_one_answer(void **state)
{
	const struct cpuid_memo_row *row = cpuid_memo_row(&memo, cpuid_memo_key(1, 0));
	uint32_t other = 2;

	while (cpuid_memo_row(&memo, cpuid_memo_key(other, 0)) != row)
		other++;
	cpuid_memo_keep(&memo, 1, 0, answer(10));
	cpuid_memo_keep(&memo, other, 0, answer(20));
	assert_null(cpuid_memo_find(&memo, 1, 0));
	assert_int_equal(cpuid_memo_find(&memo, other, 0)->eax, 20);
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

/* In whatever row it would stand: an empty row holds the question of another one. */
static void an_empty_row_answers_nothing(void **state)
{
	for (uint32_t leaf = 0; leaf < 4 * CPUID_MEMO_ROWS; leaf++)
		for (uint32_t subleaf = 0; subleaf < 4; subleaf++)
			assert_null(cpuid_memo_find(&memo, leaf, subleaf));
	assert_null(cpuid_memo_find(&memo, UINT32_MAX, UINT32_MAX));
}

/* Leaves that systems ask for all the time do not drive each other out. */
static void leaves_in_use_have_rows_of_their_own(void **state)
{
	static const uint32_t leaves[] = { 0,          1,          2,          6,
					   7,          0xa,        0xb,        0xd,
					   0x15,       0x16,       0x40000000, 0x40000001,
					   0x80000000, 0x80000001, 0x80000007, 0x80000008 };

	for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++)
		cpuid_memo_keep(&memo, leaves[i], 0, answer(leaves[i]));
	for (unsigned i = 0; i < ARRAY_SIZE(leaves); i++) {
		assert_non_null(cpuid_memo_find(&memo, leaves[i], 0));
		assert_int_equal(cpuid_memo_find(&memo, leaves[i], 0)->eax, leaves[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(knows_nothing_at_first, begin),
		cmocka_unit_test_setup(finds_what_was_kept, begin),
		cmocka_unit_test_setup(one_row_holds_one_answer, begin),
		cmocka_unit_test_setup(forgets_all_at_once, begin),
		cmocka_unit_test_setup(an_empty_row_answers_nothing, begin),
		cmocka_unit_test_setup(leaves_in_use_have_rows_of_their_own, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
