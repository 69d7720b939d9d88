/* A small table of names, as tools/make-symbols would write it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernel/symbol_table.h"
#include "lib/bits.h"

/* Pieces 0 to 5. The first four end a name. */
static const char pieces[] = "\0run\0a\0_selftest\0vm_\0sixteen_letters_";
#define LAST_PIECES 4

static const uint8_t entries[] = {
	0x80, 0x02, 4,    1,    /* at 10H: vm_run */
	0x80, 0x10, 5,    3,    /* 80H behind: sixteen_letters__selftest */
	0xf0, 0xff, 0x3f, 2,    /* FFFFH behind: a */
	0x10, 5,    5,    5, 2, /* 1 behind: three times sixteen_letters_, and a */
	0x13, 5,    0,          /* likewise, but for its end: longer than a name may be */
	0x82, 0x20, 2,          /* 100H behind: twice sixteen_letters_, and a */
};

static const struct symbol_table table = { entries, entries + sizeof(entries), pieces,
					   LAST_PIECES };

static char name[SYMBOL_NAME_MAX];
static uint64_t offset;

static void expect(uint64_t at, const char *expected, uint64_t into)
{
	assert_true(symbol_table_find(&table, at, name, &offset));
	assert_string_equal(name, expected);
	assert_int_equal(offset, into);
}

static void a_function_reaches_to_the_next(void **state)
{
	expect(0x10, "vm_run", 0);
	expect(0x8f, "vm_run", 0x7f);
	expect(0x90, "sixteen_letters__selftest", 0);
	expect(0x1008e, "sixteen_letters__selftest", 0xfffe);
	expect(0x1008f, "a", 0);
}

static void nothing_is_before_the_first(void **state)
{
	offset = 7;
	assert_false(symbol_table_find(&table, 0xf, name, &offset));
	assert_int_equal(offset, 7);
}

static void a_name_begins_as_the_one_before(void **state)
{
	expect(0x10090, "sixteen_letters_sixteen_letters_sixteen_letters_a", 0);
	expect(0x10191, "sixteen_letters_sixteen_letters_a", 0);
	expect(UINT64_MAX, name, UINT64_MAX - 0x10191);
}

static void a_long_name_is_cut(void **state)
{
	expect(0x10092, "sixteen_letters_sixteen_letters_sixteen_letters_sixteen_letters", 1);
}

static void an_empty_table_has_none(void **state)
{
	const struct symbol_table empty = { entries, entries, pieces, LAST_PIECES };

	assert_false(symbol_table_find(&empty, 0x20, name, &offset));
}

/* A table that ends in the midst of an entry is read no further than that. */
static void its_end_counts(void **state)
{
	for (size_t size = 1; size < sizeof(entries); size++) {
		uint8_t copy[sizeof(entries)];
		struct symbol_table cut = { copy, copy + size, pieces, LAST_PIECES };

		for (size_t i = 0; i < sizeof(entries); i++)
			copy[i] = i < size ? entries[i] : 0xff;
		symbol_table_find(&cut, UINT64_MAX, name, &offset);
		symbol_table_find(&cut, 0x10090, name, &offset);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_reaches_to_the_next),
		cmocka_unit_test(nothing_is_before_the_first),
		cmocka_unit_test(a_name_begins_as_the_one_before),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(an_empty_table_has_none),
		cmocka_unit_test(its_end_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
