/* The option ROM as a BIOS checks it: its head, its checksum, its Plug and Play structure. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bytes.h"

#define ROM_SIZE   512
#define PNP_SIZE   32
#define FAR_RETURN 0xcb

static uint8_t rom[ROM_SIZE];

static int read_rom(void **state)
{
	FILE *file = fopen(LINUX_ROM, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(rom, 1, sizeof(rom), file);
	assert_int_equal(fgetc(file), EOF);
	fclose(file);
	assert_int_equal(length, ROM_SIZE);
	return 0;
}

static uint8_t sum(const uint8_t *bytes, size_t count)
{
	uint8_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum;
}

/* PCI Firmware Specification, "PCI Expansion ROM Header": 55AAH, 512-byte units, the entry of the
 * initialization. */
static void the_head_is_that_of_a_rom(void **state)
{
	assert_int_equal(load_u16(rom), 0xaa55);
	assert_int_equal(rom[2], ROM_SIZE / 512);
	assert_int_equal(rom[3], FAR_RETURN);
	assert_int_equal(sum(rom, sizeof(rom)), 0);
}

/* Plug and Play BIOS Specification, "Expansion Header for Plug and Play". */
static void it_can_be_started_from(void **state)
{
	unsigned at = load_u16(rom + 0x1a);

	assert_int_equal(at % 16, 0);
	assert_true(at + PNP_SIZE <= ROM_SIZE);
	const uint8_t *pnp = rom + at;
	assert_memory_equal(pnp, "$PnP", 4);
	assert_int_equal(pnp[5] * 16, PNP_SIZE);
	assert_int_equal(load_u16(pnp + 6), 0);
	assert_int_equal(sum(pnp, PNP_SIZE), 0);
	assert_string_equal((const char *)rom + load_u16(pnp + 0x10), "Linux kernel");
	assert_int_equal(load_u16(pnp + 0x16), 0); /* it hooks no interrupt */
	unsigned start = load_u16(pnp + 0x1a);
	assert_true(start > at && start < ROM_SIZE);
	assert_int_equal(rom[start], 0xfc); /* CLD */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_head_is_that_of_a_rom, read_rom),
		cmocka_unit_test_setup(it_can_be_started_from, read_rom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
