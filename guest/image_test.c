/* The parser of test-guest images against images made here, each spoiled in one place, and the
 * loader's page tables. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "guest/image.h"

#define TEXT 64

static struct {
	struct guest_header header;
	uint8_t text[TEXT];
	struct guest_row rows[4];
} packed_layout file;

static void make(void)
{
	memset(&file, 0, sizeof(file));
	file.header = (struct guest_header) {
		.magic = { 'P', 'L', 'G', 'U', 'E', 'S', 'T', '1' },
		.header_size = sizeof(struct guest_header),
		.row_size = sizeof(struct guest_row),
		.mode = VCPU_MODE_LONG64,
		.vcpus = 2,
		.memory = KIB(64),
		.text_offset = offsetof(typeof(file), text),
		.rows_offset = offsetof(typeof(file), rows),
		.entry = GUEST_LOAD + 3,
		.deadline_ms = 1,
		.pinned = -1,
		.says = "it is made by a test",
	};
	memset(file.text, 0x90, TEXT);
	for (unsigned i = 0; i < 4; i++) {
		file.rows[i].min = file.rows[i].max = 1;
		file.rows[i].vcpu = i == 2;
	}
	file.rows[0].type = ROW_EXIT;
	file.rows[1].type = ROW_GPR;
	file.rows[2].type = ROW_FINAL;
	file.rows[3].type = ROW_MEMORY;
	file.rows[3].at = KIB(64) - 8;
}

static enum error parse(size_t size)
{
	struct guest_image image;
	struct reason why = { 0 };

	/* A copy of exactly that size, so that ASan sees a byte read too many. */
	void *copy = malloc(size ? size : 1);
	memcpy(copy, &file, size);
	enum error error = guest_image_parse(copy, size, &image, &why);
	if (error)
		assert_true(strlen(why.text) > 0);
	free(copy);
	return error;
}

static void accepts_a_good_image(void **state)
{
	struct guest_image image;
	struct reason why;

	make();
	assert_int_equal(guest_image_parse(&file, sizeof(file), &image, &why), ERROR_NONE);
	assert_int_equal(image.row_count, 4);
	assert_int_equal(image.text_length, TEXT);
	assert_ptr_equal(image.text, file.text);
	assert_string_equal(image.header.says, "it is made by a test");
}

static void refuses_every_shorter_file(void **state)
{
	make();
	for (size_t size = 0; size < sizeof(file); size++) {
		size_t rows = size < offsetof(typeof(file), rows)
				      ? 1
				      : (size - offsetof(typeof(file), rows));
		bool whole_rows = rows && rows % sizeof(struct guest_row) == 0;

		assert_int_equal(parse(size), whole_rows ? ERROR_NONE : ERROR_INVALID_DATA);
	}
}

#define SPOILED(place, value)                                              \
	do {                                                               \
		make();                                                    \
		file.place = (value);                                      \
		assert_int_equal(parse(sizeof(file)), ERROR_INVALID_DATA); \
	} while (0)

static void refuses_bad_headers(void **state)
{
	SPOILED(header.magic[7], '2');
	SPOILED(header.header_size, 159);
	SPOILED(header.row_size, 47);
	SPOILED(header.mode, VCPU_MODE_LONG64 + 1);
	SPOILED(header.mode, VCPU_MODE_RESET);
	SPOILED(header.vcpus, 0);
	SPOILED(header.vcpus, GUEST_MAX_VCPUS + 1);
	SPOILED(header.memory, KIB(60));
	SPOILED(header.memory, KIB(64) + 1);
	SPOILED(header.memory, UINT64_MAX & ~PAGE_MASK);
	SPOILED(header.text_offset, 0);
	SPOILED(header.text_offset, UINT32_MAX);
	SPOILED(header.rows_offset, sizeof(file) + 1);
	SPOILED(header.rows_offset, UINT32_MAX);
	SPOILED(header.entry, GUEST_LOAD - 1);
	SPOILED(header.entry, GUEST_LOAD + TEXT);
	SPOILED(header.flags, GUEST_FLAGS + 1);
	SPOILED(header.ignored, 1ull << VCPU_EXIT_KINDS);
	SPOILED(header.deadline_ms, 0);
	SPOILED(header.pinned, -2);
	make();
	memset(file.header.says, 'x', sizeof(file.header.says));
	assert_int_equal(parse(sizeof(file)), ERROR_INVALID_DATA);
}

static void refuses_bad_rows(void **state)
{
	SPOILED(rows[0].type, ROW_TYPES);
	SPOILED(rows[0].type, ROW_GPR); /* the first row has none above it */
	SPOILED(rows[0].vcpu, 2);
	SPOILED(rows[0].vcpu, 1); /* the check below belongs to vCPU 0 */
	SPOILED(rows[0].flags, ROW_FLAGS + 1);
	SPOILED(rows[0].kind, VCPU_EXIT_KINDS);
	SPOILED(rows[0].min, 2);
	SPOILED(rows[0].max, 0);
	SPOILED(rows[1].which, GPR_COUNT);
	SPOILED(rows[2].which, GPR_COUNT + VCPU_REGISTERS);
	SPOILED(rows[3].at, KIB(64) - 7);
	SPOILED(rows[3].at, UINT64_MAX);
	make();
	file.rows[1].type = ROW_FIELD;
	file.rows[1].which = GUEST_FIELDS;
	assert_int_equal(parse(sizeof(file)), ERROR_INVALID_DATA);
	make();
	file.rows[3].type = ROW_WORK;
	file.rows[3].at = KIB(64) - 16;
	file.rows[3].length = 8;
	assert_int_equal(parse(sizeof(file)), ERROR_INVALID_DATA);
	file.rows[3].at = KIB(64) - 24;
	assert_int_equal(parse(sizeof(file)), ERROR_NONE);
	file.rows[3].length = UINT32_MAX;
	assert_int_equal(parse(sizeof(file)), ERROR_INVALID_DATA);
}

static uint64_t entry_at(const uint8_t *memory, uint64_t at)
{
	uint64_t entry;

	memcpy(&entry, memory + at, sizeof(entry));
	return entry;
}

static void loads_text_and_page_tables(void **state)
{
	struct guest_image image;
	uint8_t *memory = calloc(1, KIB(64));

	make();
	assert_int_equal(guest_image_parse(&file, sizeof(file), &image, NULL), ERROR_NONE);
	guest_image_load(&image, memory);
	assert_memory_equal(memory + GUEST_LOAD, file.text, TEXT);
	assert_int_equal(memory[GUEST_LOAD + TEXT], 0);
	assert_int_equal(entry_at(memory, 0x1000), 0x2007);
	assert_int_equal(entry_at(memory, 0x2000), 0x3007);
	assert_int_equal(entry_at(memory, 0x3000), 0x87);
	assert_int_equal(entry_at(memory, 0x3ff8), 0x3fe00087);

	memset(memory, 0, KIB(64));
	image.header.mode = VCPU_MODE_PAE32;
	guest_image_load(&image, memory);
	assert_int_equal(entry_at(memory, 0x1000), 0x2001);
	assert_int_equal(entry_at(memory, 0x2008), 0x200087);

	memset(memory, 0, KIB(64));
	image.header.mode = VCPU_MODE_REAL16;
	guest_image_load(&image, memory);
	assert_int_equal(entry_at(memory, 0x1000), 0);
	free(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_a_good_image),
		cmocka_unit_test(refuses_every_shorter_file),
		cmocka_unit_test(refuses_bad_headers),
		cmocka_unit_test(refuses_bad_rows),
		cmocka_unit_test(loads_text_and_page_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
