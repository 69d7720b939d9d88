/* Words, numbers, sizes, lists, and GRUB's backslashes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/spec_words.h"

static struct spec_word word(const char *text)
{
	return (struct spec_word) { text, strlen(text) };
}

static void words_end_at_blanks(void **state)
{
	const char *string = "  one\t two\r\n", *at = string;
	struct spec_word w;

	assert_true(spec_next_word(&at, &w));
	assert_ptr_equal(w.text, string + 2);
	assert_true(spec_word_is(&w, "one"));
	assert_false(spec_word_is(&w, "on"));
	assert_false(spec_word_is(&w, "one "));
	assert_true(spec_next_word(&at, &w));
	assert_true(spec_word_is(&w, "two"));
	assert_false(spec_next_word(&at, &w));
	assert_false(spec_next_word(&at, &w));
}

static void splits_at_the_first_equals_sign(void **state)
{
	struct spec_word w = word("a=b=c"), key, value;

	assert_true(spec_split(&w, &key, &value));
	assert_true(spec_word_is(&key, "a"));
	assert_true(spec_word_is(&value, "b=c"));
	w = word("a=");
	assert_true(spec_split(&w, &key, &value));
	assert_true(spec_word_is(&value, ""));
	w = word("a");
	assert_false(spec_split(&w, &key, &value));
	assert_true(spec_word_is(&key, "a"));
}

static bool number(const char *text, uint64_t *value)
{
	struct spec_word w = word(text);

	return spec_number(&w, 2, UINT64_MAX - 1, value);
}

static void numbers(void **state)
{
	static const char *const bad[] = { "",
					   "x",
					   "0x",
					   "0xg",
					   "1a",
					   "-3",
					   "+3",
					   " 3",
					   "1",
					   "0x1",
					   "18446744073709551615",
					   "18446744073709551616",
					   "0x10000000000000000",
					   "99999999999999999999999" };
	uint64_t value;

	assert_true(number("2", &value) && value == 2);
	assert_true(number("0x1aF", &value) && value == 0x1af);
	assert_true(number("0X10", &value) && value == 16);
	assert_true(number("18446744073709551614", &value) && value == UINT64_MAX - 1);
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++) {
		value = 77;
		assert_false(number(bad[i], &value));
		assert_int_equal(value, 77);
	}
}

static bool size(const char *text, uint64_t *value)
{
	struct spec_word w = word(text);

	return spec_size(&w, 1, GIB(256), value);
}

static void sizes(void **state)
{
	static const char *const bad[] = { "",
					   "K",
					   "0",
					   "0M",
					   "1T",
					   "1MM",
					   "M1",
					   "0x1M",
					   "257G",
					   "17179869184G",
					   "18014398509481984K" };
	uint64_t value;

	assert_true(size("7", &value) && value == 7);
	assert_true(size("3K", &value) && value == KIB(3));
	assert_true(size("3k", &value) && value == KIB(3));
	assert_true(size("64M", &value) && value == MIB(64));
	assert_true(size("64m", &value) && value == MIB(64));
	assert_true(size("256G", &value) && value == GIB(256));
	assert_true(size("1g", &value) && value == GIB(1));
	for (unsigned i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(size(bad[i], &value));
}

static void lists(void **state)
{
	struct spec_word list = word("1,,x"), item;

	assert_true(spec_next_item(&list, &item) && spec_word_is(&item, "1"));
	assert_true(spec_next_item(&list, &item) && spec_word_is(&item, ""));
	assert_true(spec_next_item(&list, &item) && spec_word_is(&item, "x"));
	assert_false(spec_next_item(&list, &item));
	list = word("1,");
	assert_true(spec_next_item(&list, &item) && spec_next_item(&list, &item));
	assert_int_equal(item.length, 0);
	assert_false(spec_next_item(&list, &item));
	list = word("");
	assert_true(spec_next_item(&list, &item));
	assert_false(spec_next_item(&list, &item));
}

static void takes_out_the_backslashes_of_grub(void **state)
{
	static const struct {
		const char *from, *to;
	} cases[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "a=\\\"b c\\\"", "a=\"b c\"" },
		{ "\\'x\\'", "'x'" },
		{ "C:\\\\dir", "C:\\dir" },
		{ "\\\\\\\"", "\\\"" },
		{ "\\x20 \\n", "\\x20 \\n" }, /* not GRUB's */
		{ "end\\", "end\\" },
	};
	char out[32];

	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(spec_unescape(cases[i].from, out, sizeof(out)),
				 strlen(cases[i].to));
		assert_string_equal(out, cases[i].to);
	}
	assert_int_equal(spec_unescape("1234", out, 5), 4);
	assert_int_equal(spec_unescape("12345", out, 5), 5);
	assert_int_equal(spec_unescape("123\\\\", out, 5), 4);
	assert_int_equal(spec_unescape("", out, 0), 0);
}

static void shows_what_can_be_shown(void **state)
{
	struct spec_word w = word("a\x1b\xff\"b");
	char out[8];

	spec_show(&w, out, sizeof(out));
	assert_string_equal(out, "a?\?\"b");
	w = word("1234567");
	spec_show(&w, out, sizeof(out));
	assert_string_equal(out, "1234567");
	w = word("12345678");
	spec_show(&w, out, sizeof(out));
	assert_string_equal(out, "1234...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_end_at_blanks),
		cmocka_unit_test(splits_at_the_first_equals_sign),
		cmocka_unit_test(numbers),
		cmocka_unit_test(sizes),
		cmocka_unit_test(lists),
		cmocka_unit_test(takes_out_the_backslashes_of_grub),
		cmocka_unit_test(shows_what_can_be_shown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
