/* The table as a system reads it: the entry point found by its anchors and checksums, the structures
 * walked by their lengths and string sets, their fields by the specification's offsets. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "guest/tables/smbios.h"
#include "lib/bits.h"
#include "lib/bytes.h"

#define TABLE_AT 0xf2200u
#define HIGHEST  GIB(3)

static uint8_t entry[SMBIOS_ENTRY_SIZE], table[SMBIOS_MOST];
static uint32_t length;
static struct reason why;

static enum error build(const struct smbios_machine *machine, uint32_t size)
{
	memset(entry, 0xcc, sizeof(entry));
	memset(table, 0xcc, sizeof(table));
	return smbios_build(machine, TABLE_AT, entry, table, size, &length, &why);
}

static struct smbios_machine machine_with(uint64_t memory)
{
	return (struct smbios_machine) {
		.name = "web",
		.cpus = 4,
		.memory = memory,
		.low = memory < HIGHEST ? memory : HIGHEST,
		.signature = 0x306d4,
		.features = 0x178bfbff,
		.vendor = "GenuineIntel",
	};
}

static uint8_t sum(const uint8_t *bytes, uint32_t count)
{
	uint8_t total = 0;

	while (count--)
		total = (uint8_t)(total + *bytes++);
	return total;
}

/* Where the structure behind this one begins: past two zeros that end its strings. */
static uint32_t after(uint32_t at)
{
	assert_in_range(table[at + 1], 4, length - at);
	at += table[at + 1];
	while (table[at] || table[at + 1]) {
		at++;
		assert_true(at + 2 <= length);
	}
	return at + 2;
}

/* The `index`th structure of a type, or null. */
static const uint8_t *find(uint8_t type, unsigned index)
{
	for (uint32_t at = 0; at < length; at = after(at))
		if (table[at] == type && !index--)
			return table + at;
	return NULL;
}

/* A text of a structure: the field at `offset` counts its strings from 1. */
static const char *text(const uint8_t *structure, unsigned offset)
{
	const char *string = (const char *)structure + structure[1];
	unsigned number = structure[offset];

	assert_int_not_equal(number, 0);
	while (--number)
		string += strlen(string) + 1;
	return string;
}

static void the_entry_point_is_found_and_adds_up(void **state)
{
	const struct smbios_machine machine = machine_with(MIB(256));
	unsigned count = 0, largest = 0;

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	assert_memory_equal(entry, "_SM_", 4);
	assert_int_equal(entry[5], 31);
	assert_int_equal(sum(entry, 31), 0);
	assert_memory_equal(entry + 16, "_DMI_", 5);
	assert_int_equal(sum(entry + 16, 15), 0);
	assert_int_equal(load_u16(entry + 6), 0x0802); /* 2.8 */
	assert_int_equal(entry[30], 0x28);
	assert_int_equal(load_u16(entry + 22), length);
	assert_int_equal(load_u32(entry + 24), TABLE_AT);
	for (uint32_t at = 0, next; at < length; at = next, count++) {
		next = after(at);
		if (next - at > largest)
			largest = next - at;
	}
	assert_int_equal(load_u16(entry + 28), count);
	assert_int_equal(load_u16(entry + 8), largest);
}

static void every_structure_has_its_length_and_a_handle_of_its_own(void **state)
{
	static const struct {
		uint8_t type, bytes;
	} all[] = { { 0, 24 },  { 1, 27 },  { 3, 21 },  { 4, 42 },  { 16, 23 },
		    { 17, 40 }, { 19, 31 }, { 19, 31 }, { 32, 11 }, { 127, 4 } };
	const struct smbios_machine machine = machine_with(GIB(8));
	uint16_t handles[ARRAY_SIZE(all)];
	uint32_t at = 0;

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++, at = after(at)) {
		assert_int_equal(table[at], all[i].type);
		assert_int_equal(table[at + 1], all[i].bytes);
		handles[i] = load_u16(table + at + 2);
		assert_true(handles[i] < 0xff00);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(handles[i], handles[k]);
	}
	assert_int_equal(at, length);
}

static void it_is_a_machine_of_this_time(void **state)
{
	const struct smbios_machine machine = machine_with(MIB(256));
	int month, day, year;

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	const uint8_t *bios = find(0, 0), *system = find(1, 0);
	assert_string_equal(text(bios, 4), "Plinth");
	assert_int_equal(sscanf(text(bios, 8), "%2d/%2d/%4d", &month, &day, &year), 3);
	assert_in_range(year, 2021, 2100); /* from which on systems trust ACPI's clock event */
	assert_int_equal(load_u16(bios + 6), 0xf000);
	assert_true(bios[19] & BIT(4)); /* a virtual machine */
	assert_string_equal(text(system, 4), "Plinth");
	assert_string_equal(text(system, 5), "PC");
	assert_string_equal(text(system, 7), "web");
	assert_int_equal(system[6], 0);
	assert_string_equal(text(find(3, 0), 4), "Plinth");
	assert_int_equal(find(32, 0)[10], 0);
}

static void a_name_has_one_uuid(void **state)
{
	struct smbios_machine machine = machine_with(MIB(256));
	uint8_t first[16];

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	memcpy(first, find(1, 0) + 8, sizeof(first));
	assert_int_equal(first[7] >> 4, 8); /* version */
	assert_int_equal(first[8] >> 6, 2); /* variant */
	machine = machine_with(MIB(512));   /* more memory: the same machine */
	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	assert_memory_equal(first, find(1, 0) + 8, sizeof(first));
	machine.name = "wec";
	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	assert_memory_not_equal(first, find(1, 0) + 8, 8);
	assert_memory_not_equal(first + 8, find(1, 0) + 16, 8);
}

static void the_processor_is_the_guests(void **state)
{
	struct smbios_machine machine = machine_with(MIB(256));

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	const uint8_t *processor = find(4, 0);
	assert_int_equal(processor[5], 3);
	assert_string_equal(text(processor, 7), "GenuineIntel");
	assert_int_equal(load_u32(processor + 8), 0x306d4);
	assert_int_equal(load_u32(processor + 12), 0x178bfbff);
	assert_int_equal(processor[24], 0x41);
	assert_int_equal(load_u16(processor + 26), 0xffff); /* no structure of its cache */
	assert_int_equal(processor[35], 4);
	assert_int_equal(processor[36], 4);
	assert_int_equal(processor[37], 4);
	assert_int_equal(load_u16(processor + 38), BIT(2) | BIT(3));
	assert_null(find(4, 1));
	machine.cpus = 1;
	machine.vendor[0] = 0; /* one that is untold is no string */
	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	assert_int_equal(find(4, 0)[7], 0);
	assert_int_equal(load_u16(find(4, 0) + 38), BIT(2));
}

static void memory_is_told_as_it_lies(void **state)
{
	const struct smbios_machine machine = machine_with(GIB(8));

	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	const uint8_t *array = find(16, 0), *device = find(17, 0);
	const uint8_t *low = find(19, 0), *high = find(19, 1);
	assert_int_equal(load_u32(array + 7), GIB(8) / KIB(1));
	assert_int_equal(load_u16(array + 13), 1);
	assert_int_equal(load_u16(device + 4), load_u16(array + 2));
	assert_int_equal(load_u16(device + 12), GIB(8) / MIB(1));
	assert_string_equal(text(device, 16), "DIMM 0");
	assert_int_equal(load_u32(low + 4), 0);
	assert_int_equal(load_u32(low + 8), GIB(3) / KIB(1) - 1);
	assert_int_equal(load_u16(low + 12), load_u16(array + 2));
	assert_int_equal(load_u32(high + 4), GIB(4) / KIB(1));
	assert_int_equal(load_u32(high + 8), GIB(9) / KIB(1) - 1);
	assert_null(find(19, 2));
}

static void sizes_take_the_field_that_holds_them(void **state)
{
	static const struct {
		uint64_t memory;
		uint16_t size;
		uint32_t extended;
	} sizes[] = {
		{ MIB(1), 1, 0 },
		{ MIB(2) + KIB(4), 0x8000 | 2052, 0 },
		{ MIB(33) + KIB(4), 33, 0 },
		{ MIB(32766), 32766, 0 },
		{ MIB(32767), 0x7fff, 32767 },
		{ GIB(256), 0x7fff, 262144 },
		{ GIB(8192), 0x7fff, 8388608 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct smbios_machine machine = machine_with(sizes[i].memory);

		assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
		assert_int_equal(load_u16(find(17, 0) + 12), sizes[i].size);
		assert_int_equal(load_u32(find(17, 0) + 28), sizes[i].extended);
	}
	/* The last was more than fits into 32 bits of KiB. */
	assert_true(load_u32(find(16, 0) + 7) == 0x80000000);
	assert_true(load_u64(find(16, 0) + 15) == GIB(8192));
	assert_true(load_u32(find(19, 1) + 4) == 0xffffffff);
	assert_true(load_u64(find(19, 1) + 15) == GIB(4));
	assert_true(load_u64(find(19, 1) + 23) == GIB(4 + 8192 - 3) - 1);
}

static void the_largest_fits_and_too_little_room_is_an_error(void **state)
{
	struct smbios_machine machine = machine_with(GIB(256));

	machine.cpus = 64;
	machine.name = "a-name-of-thirty-one-letters-xyz";
	assert_int_equal(build(&machine, SMBIOS_MOST), ERROR_NONE);
	for (uint32_t size = 0, used = length; size < used; size++) {
		assert_int_equal(build(&machine, size), ERROR_NO_MEMORY);
		assert_int_equal(table[size], 0xcc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_entry_point_is_found_and_adds_up),
		cmocka_unit_test(every_structure_has_its_length_and_a_handle_of_its_own),
		cmocka_unit_test(it_is_a_machine_of_this_time),
		cmocka_unit_test(a_name_has_one_uuid),
		cmocka_unit_test(the_processor_is_the_guests),
		cmocka_unit_test(memory_is_told_as_it_lies),
		cmocka_unit_test(sizes_take_the_field_that_holds_them),
		cmocka_unit_test(the_largest_fits_and_too_little_room_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
