/* The ELF reader on files of both classes, each spoiled in one field. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guest/load/elf.h"
#include "tests/host/elf_file.h"

static struct elf_file file;
static struct elf_image elf;
static struct reason why;

/* Opens a copy of exactly the file's length, so that ASan sees every read past it. */
static enum error open_file(void)
{
	static uint8_t *copy; /* stays until the next call: `elf` points into it */

	free(copy);
	copy = malloc(file.length ? file.length : 1);
	memcpy(copy, file.bytes, file.length);
	why = (struct reason) { 0 };
	return elf_open(copy, file.length, &elf, &why);
}

/* A kernel as a linker lays it out: linked high, loaded at 1 MiB and 2 MiB, a note, sections. */
static void make(bool is_64bit)
{
	const uint64_t high = is_64bit ? 0xffffffff80000000ull : 0xc0000000ull;

	elf_file_make(&file, is_64bit, high + MIB(1) + 0x20);
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1000, high + MIB(1), MIB(1),
								0x800, 0x800, 4096 });
	elf_file_add_segment(&file, (struct elf_file_segment) { 1, 0x1800, high + MIB(2), MIB(2),
								0x10, 0x3000, 4096 });
	elf_file_add_segment(&file, (struct elf_file_segment) { 4, 0x2000, 0, 0, 0x100, 0x100, 4 });
	elf_file_add_section(&file, (struct elf_file_section) { 0 });
	elf_file_add_section(&file,
			     (struct elf_file_section) { 1, 6, high + MIB(1), 0x1000, 0x800, 16 });
	elf_file_add_section(
		&file, (struct elf_file_section) { 8, 3, high + MIB(2), 0x1800, 0xffffff, 16 });
}

static void refuses(enum error error, const char *words)
{
	assert_int_equal(open_file(), error);
	assert_int_equal(why.kind, error);
	if (!strstr(why.text, words))
		fail_msg("\"%s\" does not say \"%s\"", why.text, words);
}

static void reads_both_classes(void **state)
{
	for (unsigned wide = 0; wide < 2; wide++) {
		uint64_t entry;

		make(wide);
		assert_int_equal(open_file(), ERROR_NONE);
		assert_int_equal(elf.is_64bit, wide);
		assert_int_equal(elf.segment_count, 3);
		assert_int_equal(elf.section_count, 3);

		struct elf_segment s = elf_segment(&elf, 1);
		assert_int_equal(s.type, ELF_SEGMENT_LOAD);
		assert_int_equal(s.offset, 0x1800);
		assert_int_equal(s.physical_start, MIB(2));
		assert_int_equal(s.file_size, 0x10);
		assert_int_equal(s.memory_size, 0x3000);
		assert_int_equal(s.align, 4096);

		struct elf_section section = elf_section(&elf, 2);
		assert_int_equal(section.type, ELF_SECTION_NOBITS);
		assert_int_equal(section.flags, 3);
		assert_int_equal(section.size, 0xffffff);

		assert_int_equal(elf_entry(&elf, elf.entry, &entry, &why), ERROR_NONE);
		assert_int_equal(entry, MIB(1) + 0x20);
	}
}

static void translates_entry_points(void **state)
{
	uint64_t entry;

	make(true);
	assert_int_equal(open_file(), ERROR_NONE);
	/* The last byte of a segment's memory, which the file does not have. */
	assert_int_equal(elf_entry(&elf, 0xffffffff80202fffull, &entry, &why), ERROR_NONE);
	assert_int_equal(entry, 0x202fff);
	/* A physical address of a kernel that is linked elsewhere. */
	assert_int_equal(elf_entry(&elf, MIB(1) + 4, &entry, &why), ERROR_NONE);
	assert_int_equal(entry, MIB(1) + 4);
	assert_int_equal(elf_entry(&elf, 0xffffffff80203000ull, &entry, &why), ERROR_INVALID_DATA);
	assert_string_equal(why.text, "ELF: no segment holds the entry point 0xffffffff80203000");
	/* Segments of notes are not executed. */
	assert_int_equal(elf_entry(&elf, 0x80, &entry, &why), ERROR_INVALID_DATA);
}

static void refuses_other_files(void **state)
{
	make(false);
	file.bytes[1] = 'e';
	refuses(ERROR_INVALID_DATA, "no ELF header");
	make(false);
	file.bytes[4] = 3;
	refuses(ERROR_INVALID_DATA, "class 3 is neither");
	make(false);
	file.bytes[5] = 2;
	refuses(ERROR_INVALID_DATA, "data encoding 2");
	make(false);
	file.bytes[6] = 0;
	refuses(ERROR_INVALID_DATA, "version 0 is not 1");
	make(false);
	file.bytes[16] = 1;
	refuses(ERROR_INVALID_DATA, "type 1 is no executable");
	make(true);
	file.bytes[18] = 3;
	refuses(ERROR_INVALID_DATA, "machine 3 of a 64-bit file is neither i386 nor x86-64");
	make(false);
	file.bytes[18] = 40;
	refuses(ERROR_INVALID_DATA, "machine 40 of a 32-bit file");
}

static void accepts_position_independent_ones(void **state)
{
	make(true);
	file.bytes[16] = 3;
	assert_int_equal(open_file(), ERROR_NONE);
}

static void refuses_tables_outside_the_file(void **state)
{
	make(false);
	elf_file_half(&file, 42, 54, 31);
	refuses(ERROR_INVALID_DATA, "segment headers of 31 bytes, not 32 or more");
	make(true);
	elf_file_half(&file, 46, 58, 63);
	refuses(ERROR_INVALID_DATA, "section headers of 63 bytes, not 64 or more");
	make(true);
	elf_file_half(&file, 44, 56, ELF_MOST_SEGMENTS + 1);
	refuses(ERROR_UNSUPPORTED, "65 segments, more than 64");
	make(true);
	elf_file_half(&file, 48, 60, ELF_MOST_SECTIONS + 1);
	refuses(ERROR_UNSUPPORTED, "1025 sections, more than 1024");
	make(true);
	elf_file_word(&file, 0, 28, 32, file.length - 3 * 56 + 1);
	refuses(ERROR_INVALID_DATA, "3 segment headers of 56 bytes at 0x3f59 end past the file's");
	make(true);
	elf_file_word(&file, 0, 32, 40, ~0ull - 16);
	refuses(ERROR_INVALID_DATA, "3 section headers of 64 bytes at 0xffffffffffffffef end past");
}

static void refuses_bad_segments(void **state)
{
	make(false);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, 0x4000, 0, MIB(2), 1, 1, 0 });
	refuses(ERROR_INVALID_DATA, "segment 1 has 0x1 bytes at file offset 0x4000, past");
	make(true);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, ~0ull, 0, MIB(2), 2, 2, 0 });
	refuses(ERROR_INVALID_DATA, "segment 1 has 0x2 bytes at file offset 0xffffffffffffffff");
	make(true);
	elf_file_set_segment(&file, 2, (struct elf_file_segment) { 4, 0x1000, 0, 0, ~0ull, 0, 0 });
	refuses(ERROR_INVALID_DATA, "segment 2 has 0xffffffffffffffff bytes");
	make(true);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, 0x1000, 0, MIB(2), 2, 1, 0 });
	refuses(ERROR_INVALID_DATA, "segment 1 has 0x2 bytes in the file but only 0x1 in memory");
	make(true);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 1, 0x1000, 0, ~0ull, 2, 2, 0 });
	refuses(ERROR_INVALID_DATA, "segment 1 of 0x2 bytes wraps around at 0xffffffffffffffff");
	make(true);
	elf_file_set_segment(&file, 1,
			     (struct elf_file_segment) { 1, 0x1000, 0, MIB(1) + 0x7ff, 2, 2, 0 });
	refuses(ERROR_INVALID_DATA, "segments 0 at 0x100000 and 1 at 0x1007ff overlap");
	/* Other kinds of segment are nobody's business. */
	make(true);
	elf_file_set_segment(&file, 1, (struct elf_file_segment) { 2, ~0ull, 0, ~0ull, 2, 1, 0 });
	assert_int_equal(open_file(), ERROR_NONE);
}

static void refuses_bad_sections(void **state)
{
	make(false);
	elf_file_add_section(&file, (struct elf_file_section) { 3, 0, 0, 0x3fff, 2, 1 });
	refuses(ERROR_INVALID_DATA, "section 3 has 0x2 bytes at file offset 0x3fff, past");
}

static void refuses_every_cut(void **state)
{
	const uint64_t needed = ELF_FILE_SECTIONS_AT + 3 * 64;

	for (uint64_t length = 0; length < needed; length++) {
		make(true);
		/* Nothing but the tables. */
		elf_file_half(&file, 44, 56, 0);
		elf_file_half(&file, 48, 60, 2);
		elf_file_put(&file, ELF_FILE_SECTIONS_AT + 64 + 4, 4, 8);
		file.length = length;
		if (length < ELF_FILE_SECTIONS_AT + 2 * 64)
			assert_int_equal(open_file(), ERROR_INVALID_DATA);
		else
			assert_int_equal(open_file(), ERROR_NONE);
	}
}

static void finds_notes(void **state)
{
	struct elf_note note;
	uint64_t at;

	make(true);
	at = elf_file_put_note(&file, 0x2000, "GNU", 3, "0123456789", 10);
	at = elf_file_put_note(&file, at, "Xen", 6, "long name", 10);
	at = elf_file_put_note(&file, at, "Xen", 18, "\0\0\x10", 4);
	assert_in_range(at, 0x2000, 0x2100);
	assert_int_equal(open_file(), ERROR_NONE);
	assert_true(elf_find_note(&elf, "Xen", 18, &note));
	assert_int_equal(note.length, 4);
	assert_memory_equal(note.content, "\0\0\x10", 4);
	assert_true(elf_find_note(&elf, "GNU", 3, &note));
	assert_int_equal(note.length, 10);
	assert_false(elf_find_note(&elf, "GNU", 18, &note));
	assert_false(elf_find_note(&elf, "Xe", 18, &note));
	/* The first note claims more than there is: the list ends. */
	elf_file_put(&file, 0x2004, 4, 0xfffffff0);
	assert_int_equal(open_file(), ERROR_NONE);
	assert_false(elf_find_note(&elf, "Xen", 18, &note));
	elf_file_put(&file, 0x2004, 4, 10);
	elf_file_put(&file, 0x2000, 4, 0xffffffff);
	assert_int_equal(open_file(), ERROR_NONE);
	assert_false(elf_find_note(&elf, "Xen", 18, &note));
}

/* Eight-byte padding, as in segments with GNU properties; and sections where there is no segment. */
static void finds_notes_elsewhere(void **state)
{
	struct elf_note note;

	make(true);
	elf_file_set_segment(&file, 2, (struct elf_file_segment) { 4, 0x2000, 0, 0, 64, 64, 8 });
	elf_file_put_note(&file, 0x2000, "GNU", 5, "abcd", 4);
	elf_file_put_note(&file, 0x2018, "Xen", 18, "wxyz", 4);
	assert_int_equal(open_file(), ERROR_NONE);
	assert_true(elf_find_note(&elf, "Xen", 18, &note));
	assert_memory_equal(note.content, "wxyz", 4);

	elf_file_half(&file, 44, 56, 2); /* no segment of notes */
	assert_int_equal(open_file(), ERROR_NONE);
	assert_false(elf_find_note(&elf, "Xen", 18, &note));
	elf_file_add_section(&file, (struct elf_file_section) { 7, 2, 0, 0x2018, 20, 4 });
	assert_int_equal(open_file(), ERROR_NONE);
	assert_true(elf_find_note(&elf, "Xen", 18, &note));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_classes),
		cmocka_unit_test(translates_entry_points),
		cmocka_unit_test(refuses_other_files),
		cmocka_unit_test(accepts_position_independent_ones),
		cmocka_unit_test(refuses_tables_outside_the_file),
		cmocka_unit_test(refuses_bad_segments),
		cmocka_unit_test(refuses_bad_sections),
		cmocka_unit_test(refuses_every_cut),
		cmocka_unit_test(finds_notes),
		cmocka_unit_test(finds_notes_elsewhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
