/* Complaints: heard, cut, and kept within a budget. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/complaint_book.h"

static void are_heard_and_cut(void **state)
{
	struct complaint_book book = { 0 };
	char *text = book.text;

	complain(COMPLAINTS_TO(&book), "tag %u: %s", 7u, "bad");
	assert_string_equal(text, "tag 7: bad\n");
	complain(COMPLAINTS_TO(&book), "%0300u", 1u);
	assert_int_equal(strlen(text), 11 + 191 + 1);
	complain(NULL, "nobody listens");
	complain(&(const struct complaints) { .context = &book }, "nobody listens");
	assert_int_equal(book.count, 2);
}

static void stay_within_a_budget(void **state)
{
	struct complaint_book book = { 0 };
	unsigned budget = 3;
	const struct complaints to = { complaint_book_hear, &book, &budget };

	for (unsigned i = 0; i < 100; i++)
		complain(&to, "number %u", i);
	assert_string_equal(book.text, "number 0\nnumber 1\nnumber 2\n"
				       "further complaints of this kind are kept back\n");
	assert_int_equal(budget, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_heard_and_cut),
		cmocka_unit_test(stay_within_a_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
