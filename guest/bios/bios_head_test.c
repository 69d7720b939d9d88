/* The BIOS's head: the memory map in each of its forms, and the vectors of the ROM as it is built. */
#include "guest/bios/bios_head.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bits.h"

#define ROM_START (0x10000 - BIOS_SIZE)

static union {
	uint8_t bytes[BIOS_SIZE];
	struct bios_head head;
} rom;

static int read_rom(void **state)
{
	FILE *file = fopen(BIOS_ROM, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(rom.bytes, 1, sizeof(rom), file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	assert_int_equal(length, BIOS_SIZE);
	return 0;
}

/* A machine with RAM below 640 KiB, and `extended` bytes from 1 MiB on. */
static struct load_target machine(uint64_t extended)
{
	return (struct load_target) {
		.map = { .entries = { { 0, 0x9fc00, MEMORY_RAM },
				      { 0xf0000, 0x10000, MEMORY_RESERVED },
				      { MIB(1), extended, MEMORY_RAM } },
			 .count = 3 },
	};
}

static void expect_sizes(uint64_t extended, unsigned kib, unsigned to_16m, unsigned above)
{
	const struct load_target target = machine(extended);

	bios_tell_machine(&rom.head, &target);
	assert_int_equal(rom.head.memory_kib, kib);
	assert_int_equal(rom.head.memory_to_16m, to_16m);
	assert_int_equal(rom.head.memory_above, above);
}

static void the_sizes_of_extended_memory_fit_their_words(void **state)
{
	expect_sizes(MIB(3), 3072, 3072, 0);
	expect_sizes(MIB(15), 15360, 15360, 0);
	expect_sizes(MIB(15) + KIB(64), 15424, 15360, 1);
	expect_sizes(MIB(63), 64512, 15360, 768);
	expect_sizes(MIB(64), 65535, 15360, 784);
	expect_sizes(GIB(3) - MIB(1), 65535, 15360, 48896);
	expect_sizes(GIB(8), 65535, 15360, 65535);
}

static void what_is_reserved_from_1_mib_on_is_no_extended_memory(void **state)
{
	struct load_target target = machine(MIB(3));

	bios_tell_machine(&rom.head, &target);
	target.map.entries[2].kind = MEMORY_RESERVED;
	bios_tell_machine(&rom.head, &target);
	assert_int_equal(rom.head.memory_kib, 0);
	assert_int_equal(rom.head.memory_to_16m, 0);
}

/* ACPI, "INT 15H, E820H - Query System Address Map": base, length and type, 20 bytes an entry. */
static void the_map_is_as_e820_hands_it_out(void **state)
{
	static const uint8_t third[] = { 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0,
					 0, 0, 2,    0, 0, 0, 1, 0, 0, 0 };
	const struct load_target target = machine(GIB(8));

	bios_tell_machine(&rom.head, &target);
	assert_int_equal(rom.head.memory_count, 3);
	assert_memory_equal(rom.bytes + 8 + 2 * sizeof(third), third, sizeof(third));
}

static void a_full_map_fits(void **state)
{
	struct load_target target = { .map.count = LOAD_MEMORY_ENTRIES, .vga_text = true };
	uint16_t start = rom.head.start;

	for (unsigned i = 0; i < LOAD_MEMORY_ENTRIES; i++)
		target.map.entries[i] = (struct memory_entry) { GIB(i), UINT64_MAX, MEMORY_NVS };
	bios_tell_machine(&rom.head, &target);
	assert_int_equal(rom.head.memory_count, LOAD_MEMORY_ENTRIES);
	assert_int_equal(rom.head.memory[LOAD_MEMORY_ENTRIES - 1].kind, MEMORY_NVS);
	assert_int_equal(rom.head.screen, 1);
	assert_int_equal(rom.head.start, start);
}

static void every_vector_leads_into_the_rom(void **state)
{
	struct real_pointer table[BIOS_VECTORS];

	bios_point_vectors(&rom.head, table);
	for (unsigned i = 0; i < BIOS_VECTORS; i++) {
		assert_int_equal(table[i].segment, BIOS_SEGMENT);
		assert_true(table[i].offset >= ROM_START + sizeof(struct bios_head));
		assert_true(table[i].offset < 0xfff0);
	}
	/* The tick's handler is not that of interrupts that nobody expects, nor is the video's. */
	assert_int_not_equal(table[0x08].offset, table[0x0a].offset);
	assert_int_equal(table[0x0a].offset, table[0x0b].offset);
	assert_int_equal(table[0x70].offset, table[0x77].offset);
	assert_int_not_equal(table[0x10].offset, table[0x00].offset);
	assert_int_equal(table[0x1c].offset, table[0xff].offset);
}

/* Without a change of CS: below 4 GiB its base is not its selector's. */
static void the_reset_vector_is_a_near_jump_into_the_rom(void **state)
{
	const uint8_t *code = rom.bytes + (0xfff0 - ROM_START);
	uint16_t to = (uint16_t)(0xfff3 + code[1] + code[2] * 256);

	assert_int_equal(code[0], 0xe9);
	assert_true(to >= ROM_START && to < 0xfff0);
	assert_int_equal(rom.bytes[to - ROM_START], 0xfa); /* CLI */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_sizes_of_extended_memory_fit_their_words, read_rom),
		cmocka_unit_test_setup(what_is_reserved_from_1_mib_on_is_no_extended_memory,
				       read_rom),
		cmocka_unit_test_setup(the_map_is_as_e820_hands_it_out, read_rom),
		cmocka_unit_test_setup(a_full_map_fits, read_rom),
		cmocka_unit_test_setup(every_vector_leads_into_the_rom, read_rom),
		cmocka_unit_test_setup(the_reset_vector_is_a_near_jump_into_the_rom, read_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
