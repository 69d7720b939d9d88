/* When the watchdog bites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm/schedule/watchdog.h"

static void judge(void **state)
{
	static const struct {
		struct watchdog_view view;
		bool bites;
	} cases[] = {
		{ { .deadline_us = 0, .live_vcpus = 1, .busiest_us = ~0ull }, false },
		{ { .deadline_us = 0, .live_vcpus = 1, .halted_vcpus = 1, .halted_us = ~0ull },
		  false },
		{ { .deadline_us = 100, .live_vcpus = 1, .busiest_us = 100 }, false },
		{ { .deadline_us = 100, .live_vcpus = 1, .busiest_us = 101 }, true },
		{ { .deadline_us = 100, .live_vcpus = 2, .halted_vcpus = 2, .halted_us = 101 },
		  true },
		{ { .deadline_us = 100, .live_vcpus = 2, .halted_vcpus = 2, .halted_us = 100 },
		  false },
		{ { .deadline_us = 100, .live_vcpus = 2, .halted_vcpus = 1, .halted_us = 999 },
		  false },
		{ { .deadline_us = 100, .live_vcpus = 0, .busiest_us = 101 }, false },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		struct reason why = { 0 };

		assert_int_equal(watchdog_judge(&cases[i].view, &why),
				 cases[i].bites ? ERROR_TIMEOUT : ERROR_NONE);
		assert_int_equal(why.text[0] != 0, cases[i].bites);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(judge) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
