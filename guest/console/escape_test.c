/* The escape key and the one behind it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "guest/console/escape.h"

static void every_key(void **state)
{
	struct escape escape = { 0 };
	unsigned number = 0;

	for (unsigned byte = 0; byte < 256; byte++) {
		enum escape_act expected = byte == ESCAPE_KEY           ? ESCAPE_BYTE
					   : byte >= '1' && byte <= '9' ? ESCAPE_CHOOSE
					   : byte == 'n'                ? ESCAPE_NEXT
					   : byte == 's'                ? ESCAPE_SHELL
									: ESCAPE_HELP;

		if (byte != ESCAPE_KEY)
			assert_int_equal(escape_put(&escape, (uint8_t)byte, &number), ESCAPE_BYTE);
		assert_int_equal(escape_put(&escape, ESCAPE_KEY, &number), ESCAPE_WAIT);
		assert_int_equal(escape_put(&escape, (uint8_t)byte, &number), expected);
		if (expected == ESCAPE_CHOOSE)
			assert_int_equal(number, byte - '0');
		assert_false(escape.pending);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_key) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
