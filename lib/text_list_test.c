/* Names found by their place, and by a key. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/text_list.h"

static const char texts[] = "one\0\0three\0";

static void found_by_place(void **state)
{
	assert_string_equal(nth_text(texts, 0), "one");
	assert_string_equal(nth_text(texts, 1), "");
	assert_string_equal(nth_text(texts, 2), "three");
}

static void found_by_key(void **state)
{
	static const uint8_t keys[] = { 7, 0, 255 };

	assert_string_equal(keyed_text(texts, keys, 3, 7), "one");
	assert_string_equal(keyed_text(texts, keys, 3, 0), "");
	assert_string_equal(keyed_text(texts, keys, 3, 255), "three");
	assert_null(keyed_text(texts, keys, 2, 255));
	assert_null(keyed_text(texts, keys, 3, 7 + 256));
	assert_null(keyed_text(texts, keys, 0, 7));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(found_by_place),
		cmocka_unit_test(found_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
