/* Flat images: where they go, how they are entered, and what the tables of a flat start say. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/load_flat.h"
#include "guest/load/start_tables.h"
#include "lib/bytes.h"
#include "tests/host/load_machine.h"
#include "x86/page_table.h"
#include "x86/segment.h"

static struct load_machine machine;
static struct boot_state boot;
static struct reason why;
static const struct load_file image = { (const uint8_t *)"\xfa\xf4 image", 8, "" };

static int start(void **state)
{
	load_machine_make(&machine, MIB(16));
	memset(&boot, 0x5a, sizeof(boot));
	return 0;
}

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

static enum error load(uint64_t address, enum spec_entry entry)
{
	return load_flat(&machine.target, &image, address, entry, &boot, &why);
}

static void no_registers(void)
{
	for (unsigned i = 0; i < GPR_COUNT; i++)
		assert_int_equal(boot.gpr[i], 0);
}

static uint64_t descriptor(uint16_t selector)
{
	assert_true(selector + 7 <= boot.gdt_limit);
	return load_u64(machine.bytes + boot.gdt_base + selector);
}

static void enters_protected_mode(void **state)
{
	assert_int_equal(load(MIB(1), ENTRY_DEFAULT), 0);
	assert_memory_equal(machine.bytes + MIB(1), image.bytes, image.length);
	assert_int_equal(boot.mode, VCPU_MODE_PROT32);
	assert_int_equal(boot.rip, MIB(1));
	assert_int_equal(boot.cs, START_CODE_SELECTOR);
	assert_int_equal(boot.ds, START_DATA_SELECTOR);
	assert_int_equal(descriptor_base(descriptor(boot.cs)), 0);
	assert_int_equal(descriptor_limit(descriptor(boot.cs)), 0xffffffff);
	assert_int_equal(descriptor_rights(descriptor(boot.cs)), RIGHTS_CODE32);
	assert_int_equal(descriptor_rights(descriptor(boot.ds)), RIGHTS_DATA32);
	assert_int_equal(descriptor_limit(descriptor(boot.ds)), 0xffffffff);
	assert_int_equal(boot.page_table, 0);
	no_registers();
}

/* Follows the tables to the 2 MiB page that maps `address`. */
static uint64_t mapped(uint64_t address)
{
	uint64_t entry = load_u64(machine.bytes + boot.page_table + (address >> 39) * 8);

	for (unsigned shift = 30; shift >= 21; shift -= 9) {
		assert_true(entry & PAGE_PRESENT && entry & PAGE_WRITABLE);
		entry = load_u64(machine.bytes + (entry & PAGE_ADDRESS) +
				 (address >> shift) % PAGE_TABLE_ENTRIES * 8);
	}
	return entry;
}

static void enters_long_mode(void **state)
{
	static const uint64_t places[] = { 0, MIB(2), MIB(1022), GIB(1), GIB(4) - MIB(2) };

	assert_int_equal(load(0x8000, ENTRY_64), 0);
	assert_int_equal(boot.mode, VCPU_MODE_LONG64);
	assert_int_equal(boot.rip, 0x8000);
	assert_int_equal(descriptor_rights(descriptor(boot.cs)), RIGHTS_CODE64);
	assert_int_equal(boot.page_table % PAGE_SIZE, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(mapped(places[i]),
				 places[i] | PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE);
	assert_int_equal(load_u64(machine.bytes + boot.page_table + PAGE_SIZE + 4 * 8), 0);
	assert_memory_equal(machine.bytes + 0x8000, image.bytes, image.length);
	no_registers();
}

static void maps_all_ram(void **state)
{
	load_machine_free(&machine);
	load_machine_make(&machine, GIB(5));
	assert_int_equal(load(MIB(1), ENTRY_64), 0);
	assert_int_equal(mapped(GIB(6) - MIB(2)),
			 (GIB(6) - MIB(2)) | PAGE_PRESENT | PAGE_WRITABLE | PAGE_LARGE);
	assert_int_equal(load_u64(machine.bytes + boot.page_table + PAGE_SIZE + 6 * 8), 0);
}

static void enters_real_mode(void **state)
{
	assert_int_equal(load(0x7c00, ENTRY_16), 0);
	assert_int_equal(boot.mode, VCPU_MODE_REAL16);
	assert_int_equal(boot.cs, 0x7c0);
	assert_int_equal(boot.rip, 0);
	assert_int_equal(boot.ds, 0x7c0);
	no_registers();
	assert_int_equal(load(0x7c01, ENTRY_16), ERROR_INVALID_INPUT);
	assert_string_equal(why.text, "flat: address 0x7c01 is no multiple of 16 below 1 MiB, "
				      "which entry=16 wants");
	assert_int_equal(load(MIB(1), ENTRY_16), ERROR_INVALID_INPUT);
}

static void refuses_what_does_not_fit(void **state)
{
	const struct load_file nothing = { NULL, 0, "" };

	assert_int_equal(load_flat(&machine.target, &nothing, 0, ENTRY_32, &boot, &why),
			 ERROR_INVALID_DATA);
	assert_string_equal(why.text, "flat: the image is empty");
	assert_int_equal(load(MIB(16) - 7, ENTRY_32), ERROR_NO_MEMORY);
	assert_string_equal(why.text,
			    "flat: the image at 0xfffff9, 0x8 bytes, is not in the VM's RAM");
	assert_int_equal(load(0x400, ENTRY_32), ERROR_NO_MEMORY);
	assert_int_equal(load(0xf0000, ENTRY_16), ERROR_NO_MEMORY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(enters_protected_mode, start, end),
		cmocka_unit_test_setup_teardown(enters_long_mode, start, end),
		cmocka_unit_test_setup_teardown(maps_all_ram, start, end),
		cmocka_unit_test_setup_teardown(enters_real_mode, start, end),
		cmocka_unit_test_setup_teardown(refuses_what_does_not_fit, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
