/* Linux guests in memory: each entry's registers and parameters, and what does not fit. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "guest/load/load_linux.h"
#include "tests/host/linux_builder.h"
#include "tests/host/load_machine.h"

static struct load_machine machine;
static struct built_linux built;
static struct boot_state boot;
static struct reason why;
static char long_line[2048];
static const struct load_file initrds[] = { { (const uint8_t *)"first", 5, "" },
					    { (const uint8_t *)"second", 6, "" } };

static int start(void **state)
{
	load_machine_make(&machine, MIB(64));
	build_linux(&built, 0x20f);
	memset(&boot, 0x5a, sizeof(boot));
	memset(long_line, 'x', sizeof(long_line));
	return 0;
}

static int end(void **state)
{
	load_machine_free(&machine);
	return 0;
}

static void bigger_machine(uint64_t size)
{
	load_machine_free(&machine);
	load_machine_make(&machine, size);
}

static enum error load(unsigned initrd_count, enum spec_entry entry)
{
	return load_linux(&machine.target, &built.file, initrds, initrd_count, entry, &boot, &why);
}

static uint32_t param(unsigned offset)
{
	return load_u32(machine.bytes + boot.gpr[RSI] + offset);
}

static void no_other_registers(enum gpr but)
{
	for (unsigned i = 0; i < GPR_COUNT; i++)
		assert_true(i == but || boot.gpr[i] == 0);
}

static void enters_long_mode(void **state)
{
	assert_int_equal(load(2, ENTRY_DEFAULT), 0);
	assert_int_equal(boot.mode, VCPU_MODE_LONG64);
	assert_int_equal(boot.rip, BUILT_PREFERRED + 0x200);
	assert_int_equal(boot.cs, 0x10);
	assert_int_equal(boot.ds, 0x18);
	assert_true(boot.page_table && boot.gdt_base && boot.gdt_limit == 0x1f);
	no_other_registers(RSI);
	assert_memory_equal(machine.bytes + BUILT_PREFERRED, built.bytes + BUILT_SETUP, BUILT_CODE);
}

static void enters_protected_mode(void **state)
{
	assert_int_equal(load(0, ENTRY_32), 0);
	assert_int_equal(boot.mode, VCPU_MODE_PROT32);
	assert_int_equal(boot.rip, BUILT_PREFERRED);
	assert_int_equal(boot.page_table, 0);
	assert_int_equal(boot.cs, 0x10);
	assert_int_equal(boot.ds, 0x18);
	no_other_registers(RSI);
	/* The zero page: nothing of the boot sector, the header, and no initrd. */
	assert_int_equal(param(0x1ec), 0);
	assert_int_equal(param(LINUX_HEADER), 0x53726448);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), 0);
	assert_int_equal(param(LINUX_RAMDISK_SIZE), 0);
	assert_int_equal(param(0x26c), 0);
}

static void fills_the_parameters(void **state)
{
	machine.target.vga_text = true;
	assert_int_equal(load(2, ENTRY_64), 0);
	assert_int_equal(boot.gpr[RSI] % PAGE_SIZE, 0);
	assert_int_equal(param(LINUX_TYPE_OF_LOADER) & 0xff, 0xff);
	assert_int_equal(param(LINUX_LOADFLAGS) & 0xff, LINUX_LOADED_HIGH);
	assert_int_equal(param(LINUX_CODE32_START), BUILT_PREFERRED);
	assert_int_equal(param(LINUX_KERNEL_ALIGNMENT), MIB(2));
	assert_string_equal((char *)machine.bytes + param(LINUX_CMD_LINE_PTR), "console=ttyS0");
	/* The map. */
	assert_int_equal(param(0x1e8) & 0xff, 3);
	assert_int_equal(param(0x2d0), 0);
	assert_int_equal(param(0x2d0 + 8), KIB(640));
	assert_int_equal(param(0x2d0 + 16), MEMORY_RAM);
	assert_int_equal(param(0x2d0 + 20 + 16), MEMORY_RESERVED);
	assert_int_equal(param(0x2d0 + 40), MIB(1));
	assert_int_equal(param(0x2d0 + 48), MIB(63));
	assert_int_equal(param(0x1e0), 63 * 1024);
	assert_int_equal(param(0x002) & 0xffff, 63 * 1024);
	assert_int_equal(param(0x070), LOAD_MACHINE_RSDP);
	/* The screen: mode 3, 80 by 25, VGA, 16 lines a character. */
	assert_int_equal(param(0x006) & 0xffff, 80 << 8 | 3);
	assert_int_equal(param(0x00e) & 0xffff, 1 << 8 | 25);
	assert_int_equal(param(0x010) & 0xffff, 16);
	/* The initrds: one archive, the second on a multiple of four, at the end of memory. */
	assert_int_equal(param(LINUX_RAMDISK_SIZE), 14);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(64) - PAGE_SIZE);
	assert_memory_equal(machine.bytes + param(LINUX_RAMDISK_IMAGE), "first\0\0\0second", 14);
	machine.target.vga_text = false;
	bigger_machine(MIB(64));
	assert_int_equal(load(0, ENTRY_64), 0);
	assert_int_equal(param(0x006) & 0xffff, 0);
	assert_int_equal(param(0x00e) & 0xff00, 0);
}

/* What is taken is left alone, and the kernel goes higher than it would like. */
static void keeps_clear_of_what_is_taken(void **state)
{
	machine.target.taken.entries[1] =
		(struct memory_entry) { BUILT_PREFERRED, MIB(1), MEMORY_RESERVED };
	machine.target.taken.entries[2] = (struct memory_entry) { MIB(63), MIB(1), MEMORY_ACPI };
	machine.target.taken.count = 3;
	assert_int_equal(load(1, ENTRY_64), 0);
	assert_int_equal(boot.rip, MIB(18) + 0x200);
	assert_int_equal(param(LINUX_CODE32_START), MIB(18));
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(63) - PAGE_SIZE);
	for (uint64_t i = 0; i < MIB(1); i++)
		assert_false(machine.bytes[BUILT_PREFERRED + i] | machine.bytes[MIB(63) + i]);
	for (unsigned i = 0; i < 0x500; i++)
		assert_int_equal(machine.bytes[i], 0);
}

/* A kernel that insists on less alignment than it would like to have. */
static void aligns_as_little_as_it_must(void **state)
{
	bigger_machine(BUILT_PREFERRED + BUILT_INIT_SIZE + MIB(1));
	machine.target.taken.entries[1] =
		(struct memory_entry) { BUILT_PREFERRED, 1, MEMORY_RESERVED };
	machine.target.taken.count = 2;
	assert_int_equal(load(0, ENTRY_64), 0);
	assert_int_equal(boot.rip, BUILT_PREFERRED + MIB(1) + 0x200);
	assert_int_equal(param(LINUX_KERNEL_ALIGNMENT), MIB(1));
}

/* Not relocatable: the code at 1 MiB, and the place where it will run kept free of the initrd. */
static void a_kernel_that_moves_itself(void **state)
{
	store_u8(built.bytes + LINUX_RELOCATABLE_KERNEL, 0);
	store_u64(built.bytes + LINUX_PREF_ADDRESS, MIB(56));
	assert_int_equal(load(1, ENTRY_32), 0);
	assert_int_equal(boot.rip, MIB(1));
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(56) - PAGE_SIZE);
	/* Where it lies is where it runs: one piece. */
	bigger_machine(MIB(10));
	store_u64(built.bytes + LINUX_PREF_ADDRESS, MIB(1));
	assert_int_equal(load(1, ENTRY_64), 0);
	assert_int_equal(boot.rip, MIB(1) + 0x200);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(10) - PAGE_SIZE);
	assert_memory_equal(machine.bytes + MIB(1), built.bytes + BUILT_SETUP, BUILT_CODE);
	store_u64(built.bytes + LINUX_PREF_ADDRESS, MIB(1) - 0x1000);
	assert_int_equal(load(1, ENTRY_64), ERROR_NO_MEMORY);
	store_u64(built.bytes + LINUX_PREF_ADDRESS, ~0ull);
	assert_int_equal(load(1, ENTRY_64), ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "linux: the unpacked kernel at 0xffffffffffffffff"));
}

static void the_initrd_stays_below_its_limit(void **state)
{
	store_u32(built.bytes + LINUX_INITRD_ADDR_MAX, MIB(40) - 1);
	assert_int_equal(load(1, ENTRY_64), 0);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(40) - PAGE_SIZE);
	/* Nothing left but above 4 GiB, which takes a 64-bit kernel that can. */
	bigger_machine(GIB(5));
	store_u32(built.bytes + LINUX_INITRD_ADDR_MAX, MIB(1));
	assert_int_equal(load(1, ENTRY_64), 0);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), (uint32_t)(GIB(6) - PAGE_SIZE));
	assert_int_equal(param(0x0c0), 1);
	assert_int_equal(param(0x0c4), 0);
	assert_memory_equal(machine.bytes + GIB(6) - PAGE_SIZE, "first", 5);
	assert_int_equal(load(1, ENTRY_32), ERROR_NO_MEMORY);
	store_u16(built.bytes + LINUX_XLOADFLAGS, LINUX_KERNEL_64);
	assert_int_equal(load(1, ENTRY_64), ERROR_NO_MEMORY);
	assert_string_equal(why.text, "linux: the initrd does not fit: 0x5 bytes, aligned to "
				      "0x1000, between 0x100000 and 0x100001 of the VM's RAM");
}

/* What the loader writes is whole: nothing depends on zeroes that were there before. */
static void writes_whole_structures(void **state)
{
	static uint8_t params[PAGE_SIZE], tables[2 * PAGE_SIZE];

	assert_int_equal(load(2, ENTRY_64), 0);
	memcpy(params, machine.bytes + boot.gpr[RSI], sizeof(params));
	memcpy(tables, machine.bytes + boot.page_table, sizeof(tables));
	memset(machine.bytes, 0xff, machine.size);
	assert_int_equal(load(2, ENTRY_64), 0);
	assert_memory_equal(machine.bytes + boot.gpr[RSI], params, sizeof(params));
	assert_memory_equal(machine.bytes + boot.page_table, tables, sizeof(tables));
	assert_memory_equal(machine.bytes + param(LINUX_RAMDISK_IMAGE), "first\0\0\0second", 14);
	assert_string_equal((char *)machine.bytes + param(LINUX_CMD_LINE_PTR), "console=ttyS0");
}

/* What the command line says to boot loaders. */
static void obeys_the_command_line(void **state)
{
	built.file.string = "mem=32M vga=0x317";
	assert_int_equal(load(1, ENTRY_64), 0);
	assert_int_equal(param(LINUX_RAMDISK_IMAGE), MIB(32) - PAGE_SIZE);
	assert_int_equal(param(LINUX_VID_MODE) & 0xffff, 0x317);
	built.file.string = "mem=1M";
	assert_int_equal(load(1, ENTRY_64), ERROR_NO_MEMORY);
}

static void enters_real_mode(void **state)
{
	const uint8_t *setup = machine.bytes + 0x10000;

	assert_int_equal(load(1, ENTRY_16), 0);
	assert_int_equal(boot.mode, VCPU_MODE_REAL16);
	assert_int_equal(boot.cs, 0x1020);
	assert_int_equal(boot.rip, 0);
	assert_int_equal(boot.ds, 0x1000);
	assert_int_equal(boot.gpr[RSP], 0xe000);
	no_other_registers(RSP);
	/* Behind the header nothing has changed. */
	assert_memory_equal(setup, built.bytes, LINUX_SETUP_SECTS);
	assert_memory_equal(setup + 0x26c, built.bytes + 0x26c, BUILT_SETUP - 0x26c);
	assert_memory_equal(machine.bytes + MIB(1), built.bytes + BUILT_SETUP, BUILT_CODE);
	assert_int_equal(setup[LINUX_TYPE_OF_LOADER], 0xff);
	assert_int_equal(setup[LINUX_LOADFLAGS], 0x81);
	assert_int_equal(load_u16(setup + LINUX_HEAP_END_PTR), 0xde00);
	assert_int_equal(load_u32(setup + LINUX_CODE32_START), MIB(1));
	assert_int_equal(load_u32(setup + LINUX_CMD_LINE_PTR), 0x1e000);
	assert_string_equal((const char *)machine.bytes + 0x1e000, "console=ttyS0");
	assert_int_equal(load_u32(setup + LINUX_RAMDISK_SIZE), 5);
}

/* Protocol 2.01: at 0x90000, and the command line told in the boot sector. */
static void enters_old_real_mode(void **state)
{
	const uint8_t *setup = machine.bytes + 0x90000;

	build_linux(&built, LINUX_2_01);
	assert_int_equal(load(1, ENTRY_DEFAULT), 0);
	assert_int_equal(boot.cs, 0x9020);
	assert_int_equal(boot.ds, 0x9000);
	assert_int_equal(boot.gpr[RSP], 0x9800);
	assert_int_equal(load_u16(setup + LINUX_COMMAND_LINE_MAGIC), 0xa33f);
	assert_int_equal(load_u16(setup + LINUX_COMMAND_LINE_OFFSET), 0x9800);
	assert_int_equal(load_u16(setup + LINUX_SETUP_MOVE_SIZE), 0x9800 + 14);
	assert_string_equal((const char *)setup + 0x9800, "console=ttyS0");
	assert_memory_equal(setup + LINUX_CMD_LINE_PTR, built.bytes + LINUX_CMD_LINE_PTR, 4);
	assert_int_equal(load_u16(setup + LINUX_HEAP_END_PTR), 0x9600);
}

/* No header at all, and a zImage: the code at 64 KiB. */
static void loads_low(void **state)
{
	build_linux(&built, LINUX_OLD);
	assert_int_equal(load(0, ENTRY_DEFAULT), 0);
	assert_int_equal(boot.cs, 0x9020);
	assert_memory_equal(machine.bytes + 0x10000, built.bytes + BUILT_SETUP, BUILT_CODE);
	assert_memory_equal(machine.bytes + 0x90024, built.bytes + 0x24, BUILT_SETUP - 0x24);
	assert_int_equal(load(1, ENTRY_DEFAULT), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, "linux: a kernel without a setup header takes no initrd");
	build_linux(&built, LINUX_2_02);
	store_u8(built.bytes + LINUX_LOADFLAGS, 0);
	assert_int_equal(load(1, ENTRY_DEFAULT), 0);
	assert_int_equal(boot.cs, 0x9020);
	assert_memory_equal(machine.bytes + 0x10000, built.bytes + BUILT_SETUP, BUILT_CODE);
	assert_int_equal(load_u32(machine.bytes + 0x90000 + LINUX_CMD_LINE_PTR), 0x99800);
}

static void the_command_line_has_a_limit(void **state)
{
	long_line[BUILT_LINE_MOST] = 0;
	built.file.string = long_line;
	assert_int_equal(load(0, ENTRY_64), 0);
	assert_string_equal((char *)machine.bytes + param(LINUX_CMD_LINE_PTR), long_line);
	long_line[BUILT_LINE_MOST] = 'x';
	long_line[BUILT_LINE_MOST + 1] = 0;
	for (enum spec_entry entry = ENTRY_16; entry <= ENTRY_64; entry++) {
		assert_int_equal(load(0, entry), ERROR_INVALID_INPUT);
		assert_string_equal(why.text, "linux: the command line has 301 bytes, and the "
					      "kernel takes 300");
	}
}

static void what_does_not_fit(void **state)
{
	const struct load_file huge[] = { { initrds[0].bytes, ~0ull - 4, "" }, initrds[1] };

	assert_int_equal(load_linux(&machine.target, &built.file, huge, 2, ENTRY_64, &boot, &why),
			 ERROR_NO_MEMORY);
	assert_string_equal(why.text, "linux: the initrds are too long");
	assert_int_equal(load_linux(&machine.target, &built.file, huge, 1, ENTRY_64, &boot, &why),
			 ERROR_NO_MEMORY);
	assert_non_null(strstr(why.text, "linux: the initrd does not fit"));
	bigger_machine(BUILT_PREFERRED + BUILT_INIT_SIZE - PAGE_SIZE);
	assert_int_equal(load(0, ENTRY_64), ERROR_NO_MEMORY);
	assert_string_equal(why.text, "linux: the kernel does not fit: 0x800000 bytes, aligned to "
				      "0x2000, between 0x1000000 and 0x100000000 of the VM's RAM");
	assert_int_equal(load(0, ENTRY_16), ERROR_NO_MEMORY);
	bigger_machine(BUILT_PREFERRED + BUILT_INIT_SIZE);
	assert_int_equal(load(0, ENTRY_64), 0);
	assert_int_equal(load(0, ENTRY_16), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(enters_long_mode, start, end),
		cmocka_unit_test_setup_teardown(enters_protected_mode, start, end),
		cmocka_unit_test_setup_teardown(fills_the_parameters, start, end),
		cmocka_unit_test_setup_teardown(keeps_clear_of_what_is_taken, start, end),
		cmocka_unit_test_setup_teardown(aligns_as_little_as_it_must, start, end),
		cmocka_unit_test_setup_teardown(a_kernel_that_moves_itself, start, end),
		cmocka_unit_test_setup_teardown(the_initrd_stays_below_its_limit, start, end),
		cmocka_unit_test_setup_teardown(writes_whole_structures, start, end),
		cmocka_unit_test_setup_teardown(obeys_the_command_line, start, end),
		cmocka_unit_test_setup_teardown(enters_real_mode, start, end),
		cmocka_unit_test_setup_teardown(enters_old_real_mode, start, end),
		cmocka_unit_test_setup_teardown(loads_low, start, end),
		cmocka_unit_test_setup_teardown(the_command_line_has_a_limit, start, end),
		cmocka_unit_test_setup_teardown(what_does_not_fit, start, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
