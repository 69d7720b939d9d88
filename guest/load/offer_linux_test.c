/* Linux kernels for a firmware to start: where the parts belong, and what the setup code is told. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/offer_linux.h"
#include "tests/host/linux_builder.h"
#include "tests/host/load_machine.h"

static struct load_machine machine;
static struct built_linux built;
static struct linux_offer offer;
static struct reason why;
static const struct load_file initrds[] = { { (const uint8_t *)"first", 5, "" },
					    { (const uint8_t *)"second", 6, "" } };

static int start(void **state)
{
	load_machine_make(&machine, MIB(64));
	build_linux(&built, 0x20f);
	memset(&offer, 0x5a, sizeof(offer));
	return 0;
}

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

static enum error make(unsigned initrd_count)
{
	return offer_linux(&machine.target, &built.file, initrds, initrd_count, &offer, &why);
}

/* "The Linux/x86 Boot Protocol": a kernel that is loaded high goes to 1 MiB, setup code, heap and
 * command line into one segment. */
static void the_parts_are_the_files(void **state)
{
	assert_int_equal(make(1), 0);
	assert_int_equal(offer.setup.at, 0x10000);
	assert_int_equal(offer.setup.length, BUILT_SETUP);
	assert_int_equal(offer.kernel.at, MIB(1));
	assert_int_equal(offer.kernel.length, BUILT_CODE);
	assert_ptr_equal(offer.kernel.bytes, built.bytes + BUILT_SETUP);
	assert_ptr_equal(offer.initrd.bytes, initrds[0].bytes);
	assert_int_equal(offer.initrd.length, 5);
	assert_string_equal((const char *)offer.command_line.bytes, "console=ttyS0");
	assert_int_equal(offer.command_line.length, sizeof("console=ttyS0"));
	assert_true(offer.command_line.at >= offer.setup.at + offer.setup.length);
	assert_true(offer.command_line.at + offer.command_line.length <= 0x20000);
}

static void the_setup_code_is_told(void **state)
{
	const uint8_t *setup = offer.setup_bytes;

	assert_int_equal(make(1), 0);
	assert_ptr_equal(offer.setup.bytes, setup);
	assert_memory_equal(setup, built.bytes, LINUX_SETUP_SECTS);
	assert_int_equal(load_u8(setup + LINUX_TYPE_OF_LOADER), 0xff);
	assert_true(load_u8(setup + LINUX_LOADFLAGS) & LINUX_CAN_USE_HEAP);
	assert_int_equal(load_u16(setup + LINUX_HEAP_END_PTR),
			 offer.command_line.at - offer.setup.at - 0x200);
	assert_int_equal(load_u32(setup + LINUX_CMD_LINE_PTR), offer.command_line.at);
	assert_int_equal(load_u32(setup + LINUX_RAMDISK_IMAGE), offer.initrd.at);
	assert_int_equal(load_u32(setup + LINUX_RAMDISK_SIZE), 5);
	/* The image itself is as it was. */
	assert_int_not_equal(load_u32(built.bytes + LINUX_RAMDISK_SIZE), 5);
}

static void ram_is_not_touched(void **state)
{
	assert_int_equal(make(1), 0);
	for (uint64_t at = 0; at < MIB(32); at += sizeof(uint64_t)) {
		if (load_u64(machine.bytes + at))
			fail_msg("there is something at 0x%llx", (unsigned long long)at);
	}
}

static void the_firmware_keeps_the_end_of_ram(void **state)
{
	assert_int_equal(make(1), 0);
	assert_int_equal(offer.initrd.at, MIB(63) - PAGE_SIZE);
}

static void nothing_goes_above_4_gib(void **state)
{
	load_machine_free(&machine);
	load_machine_make(&machine, GIB(5));
	store_u32(built.bytes + LINUX_INITRD_ADDR_MAX, UINT32_MAX);
	assert_int_equal(make(1), 0);
	assert_int_equal(offer.initrd.at, GIB(3) - MIB(1) - PAGE_SIZE);
}

static void several_initrds_become_one(void **state)
{
	uint8_t joined[14];

	assert_int_equal(make(2), 0);
	assert_null(offer.initrd.bytes);
	assert_int_equal(offer.initrd.length, sizeof(joined));
	offer_linux_join(&offer, initrds, 2, joined);
	assert_memory_equal(joined, "first\0\0\0second", sizeof(joined));
	assert_ptr_equal(offer.initrd.bytes, joined);
}

static void there_need_be_no_initrd(void **state)
{
	assert_int_equal(make(0), 0);
	assert_int_equal(offer.initrd.length, 0);
	assert_int_equal(load_u32(offer.setup_bytes + LINUX_RAMDISK_SIZE), 0);
}

static void an_old_kernel_goes_low(void **state)
{
	build_linux(&built, LINUX_2_00);
	store_u8(built.bytes + LINUX_LOADFLAGS, 0);
	assert_int_equal(make(0), 0);
	assert_int_equal(offer.setup.at, 0x90000);
	assert_int_equal(offer.kernel.at, 0x10000);
	assert_int_equal(load_u16(offer.setup_bytes + LINUX_COMMAND_LINE_OFFSET),
			 offer.command_line.at - offer.setup.at);
}

static void what_does_not_fit(void **state)
{
	load_machine_free(&machine);
	load_machine_make(&machine, BUILT_PREFERRED + BUILT_INIT_SIZE);
	assert_int_equal(make(0), ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "linux: the unpacked kernel"));
	load_machine_free(&machine);
	load_machine_make(&machine, BUILT_PREFERRED + BUILT_INIT_SIZE + MIB(1));
	assert_int_equal(make(0), 0);
}

static void what_is_no_kernel(void **state)
{
	built.bytes[LINUX_BOOT_FLAG] = 0;
	assert_int_equal(make(0), ERROR_INVALID_DATA);
	assert_non_null(strstr(why.text, "boot_flag"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_parts_are_the_files, start, end),
		cmocka_unit_test_setup_teardown(the_setup_code_is_told, start, end),
		cmocka_unit_test_setup_teardown(ram_is_not_touched, start, end),
		cmocka_unit_test_setup_teardown(the_firmware_keeps_the_end_of_ram, start, end),
		cmocka_unit_test_setup_teardown(nothing_goes_above_4_gib, start, end),
		cmocka_unit_test_setup_teardown(several_initrds_become_one, start, end),
		cmocka_unit_test_setup_teardown(there_need_be_no_initrd, start, end),
		cmocka_unit_test_setup_teardown(an_old_kernel_goes_low, start, end),
		cmocka_unit_test_setup_teardown(what_does_not_fit, start, end),
		cmocka_unit_test_setup_teardown(what_is_no_kernel, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
