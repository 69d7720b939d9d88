/* format_string() against C's snprintf, at every buffer size around the text's length. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/format.h"

#define SAME(...)                                                                       \
	do {                                                                            \
		char want[128], got[128];                                               \
		int length = snprintf(want, sizeof(want), __VA_ARGS__);                 \
		assert_int_equal(format_string(got, sizeof(got), __VA_ARGS__), length); \
		assert_string_equal(got, want);                                         \
	} while (0)

static void integers(void **state)
{
	SAME("%d %d %u", -5, 7, 4000000000u);
	SAME("%5d|%-5d|%05d|", 42, 42, -42);
	SAME("%x %#x %#x", 0xbeefu, 0x12u, 0u);
	SAME("%016lx %lld %lu", 0x1234ul, -9223372036854775807ll - 1, ~0ul);
	SAME("%#010x|%#-10x|", 0xffu, 0xffu);
	SAME("%zu %zx", sizeof(int), ~(size_t)0);
}

static void texts(void **state)
{
	SAME("%s|%10s|%-10s|%.2s|%c|%%", "abc", "abc", "abc", "abc", 'x');
	SAME("%.*s|%.*s|%-5.1s|", 2, "abc", -1, "abc", "abc");
}

static void cuts_at_the_end(void **state)
{
	char buffer[8];

	for (size_t size = 0; size <= sizeof(buffer); size++) {
		memset(buffer, '#', sizeof(buffer));
		assert_int_equal(format_string(buffer, size, "12345"), 5);
		for (size_t i = size; i < sizeof(buffer); i++)
			assert_int_equal(buffer[i], '#');
		if (size)
			assert_int_equal(strlen(buffer), size - 1 < 5 ? size - 1 : 5);
	}
	strcpy(buffer, "abc");
	assert_int_equal(format_append(buffer, sizeof(buffer), "%s", "defghij"), 10);
	assert_string_equal(buffer, "abcdefg");
}

static void quotable(void **state)
{
	char buffer[9];

	format_quotable(buffer, sizeof(buffer), "");
	assert_string_equal(buffer, "");
	format_quotable(buffer, sizeof(buffer), "a=\"b c\"");
	assert_string_equal(buffer, "a='b c'");
	format_quotable(buffer, sizeof(buffer), "12345678");
	assert_string_equal(buffer, "12345678");
	memset(buffer, '#', sizeof(buffer));
	format_quotable(buffer, sizeof(buffer) - 1, "\"2345678");
	assert_string_equal(buffer, "'234...");
	assert_int_equal(buffer[8], '#');
}

static void sizes(void **state)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{ 0, "0 KiB" },
		{ KIB(1152), "1152 KiB" },
		{ MIB(1), "1 MiB" },
		{ MIB(10) + 1, "10 MiB" },
		{ MIB(437) + KIB(600), "437 MiB" },
		{ GIB(3), "3 GiB" },
		{ GIB(3) + MIB(1), "3073 MiB" },
		{ GIB(64), "64 GiB" },
		{ UINT64_MAX, "17179869183 GiB" },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char got[FORMAT_SIZE_MAX];

		format_size(got, sizeof(got), cases[i].bytes);
		assert_string_equal(got, cases[i].text);
	}
}

static void unknown_conversions_are_shown(void **state)
{
	const char *format = "%y %";
	char got[16];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
	format_string(got, sizeof(got), format);
#pragma GCC diagnostic pop
	assert_string_equal(got, "%y %");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),        cmocka_unit_test(texts),
		cmocka_unit_test(cuts_at_the_end), cmocka_unit_test(quotable),
		cmocka_unit_test(sizes),           cmocka_unit_test(unknown_conversions_are_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
