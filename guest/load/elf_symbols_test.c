/* Symbols of images of both classes: the closest one, where it ends, and what is not to be believed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "guest/load/elf_symbols.h"
#include "tests/host/elf_file.h"

#define TABLE_AT   0x1000u
#define STRINGS_AT 0x2000u
#define HIGH       0xffffffff80000000ull

enum { NONE, OBJECT, FUNCTION, SECTION };

static struct elf_file file;
static unsigned count;
static uint64_t strings;

static void add(const char *name, unsigned type, unsigned section, uint64_t value, uint64_t size)
{
	uint64_t at = TABLE_AT + count++ * (file.is_64bit ? 24 : 16);

	elf_file_put(&file, at, 4, strings);
	memcpy(file.bytes + STRINGS_AT + strings, name, strlen(name) + 1);
	strings += strlen(name) + 1;
	elf_file_put(&file, at + (file.is_64bit ? 4 : 12), 1, type);
	elf_file_put(&file, at + (file.is_64bit ? 6 : 14), 2, section);
	elf_file_word(&file, at, 4, 8, value);
	elf_file_word(&file, at, 8, 16, size);
}

static void link(uint32_t strings_section)
{
	elf_file_put(&file, ELF_FILE_SECTIONS_AT + (file.is_64bit ? 64 + 40 : 40 + 24), 4,
		     strings_section);
}

static void make(bool is_64bit, uint64_t virtual_start)
{
	elf_file_make(&file, is_64bit, virtual_start);
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x3000, virtual_start, 0x100000,
								0x100, 0x1000, 1 });
	count = 0;
	strings = 1;
	add("", NONE, 0, 0, 0);
	add("start", FUNCTION, 1, virtual_start, 0x20);
	add("label", NONE, 1, virtual_start + 0x10, 0);
	add("work", FUNCTION, 1, virtual_start + 0x40, 0x40);
	add("alias", NONE, 1, virtual_start + 0x40, 0);
	add("absolute", NONE, 0xfff1, virtual_start + 0x48, 0);
	add("missing", FUNCTION, 0, virtual_start + 0x48, 0);
	add("text", SECTION, 1, virtual_start + 0x48, 0);
	add("data", OBJECT, 2, virtual_start + 0x100, 8);
	elf_file_add_section(&file, (struct elf_file_section) { 0 });
	elf_file_add_section(&file, (struct elf_file_section) { 2, 0, 0, TABLE_AT,
								count * (is_64bit ? 24 : 16), 8 });
	elf_file_add_section(&file, (struct elf_file_section) { 3, 0, 0, STRINGS_AT, strings, 1 });
	link(2);
}

static struct elf_symbols symbols;

static const char *find(uint64_t at)
{
	static char text[100];

	return elf_symbols_find(&symbols, at, text, sizeof(text)) ? text : "nothing";
}

static void finds_the_closest_in(bool is_64bit, uint64_t at)
{
	make(is_64bit, at);
	assert_true(elf_symbols_open(file.bytes, file.length, &symbols));
	assert_string_equal(find(at), "start+0x0");
	assert_string_equal(find(at + 0xf), "start+0xf");
	assert_string_equal(find(at + 0x12), "label+0x2");
	assert_string_equal(find(at + 0x41), "work+0x1");
	assert_string_equal(find(at + 0x50), "work+0x10");
	/* Behind the end of `work`, the last label without a size. */
	assert_string_equal(find(at + 0x80), "alias+0x40");
	assert_string_equal(find(at + 0x107), "data+0x7");
	assert_string_equal(find(at + 0x108), "alias+0xc8");
	assert_string_equal(find(at + 0x1000), "nothing");
	assert_string_equal(find(at - 1), "nothing");
	/* By physical address, where no virtual one fits. */
	assert_string_equal(find(0x100041), "work+0x1");
}

static void finds_the_closest(void **state)
{
	finds_the_closest_in(false, 0xc0000000);
	finds_the_closest_in(true, HIGH);
	finds_the_closest_in(true, 0x100000);
}

static void some_files_have_none(void **state)
{
	make(true, HIGH);
	link(1); /* no strings */
	assert_false(elf_symbols_open(file.bytes, file.length, &symbols));
	link(77);
	assert_false(elf_symbols_open(file.bytes, file.length, &symbols));
	elf_file_make(&file, true, HIGH);
	assert_false(elf_symbols_open(file.bytes, file.length, &symbols));
	assert_false(elf_symbols_open((const uint8_t *)"flat", 4, &symbols));
}

static void names_stay_in_their_table(void **state)
{
	make(false, 0xc0000000);
	/* The name of `start` begins past the end of all names, that of `label` is no text. */
	elf_file_put(&file, TABLE_AT + 16, 4, 0xfffffff0);
	file.bytes[STRINGS_AT + 2 + sizeof("start") + 1] = '\n';
	assert_true(elf_symbols_open(file.bytes, file.length, &symbols));
	assert_string_equal(find(0xc0000004), "nothing");
	assert_string_equal(find(0xc0000014), "l+0x4");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_closest),
		cmocka_unit_test(some_files_have_none),
		cmocka_unit_test(names_stay_in_their_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
