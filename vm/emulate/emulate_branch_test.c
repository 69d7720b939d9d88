/* Branches whose target or whose stack is a device's, and stack frames there. */
#include "tests/host/emulated_device.h"

/* Runs one that has to end at `target`. */
static void run_branch(const uint8_t *bytes, size_t length, uint64_t target)
{
	unsigned skipped = skips;

	assert_int_equal(run(bytes, length), ERROR_NONE);
	assert_int_equal(injections, 0);
	assert_int_equal(skips, skipped + 1);
	assert_int_equal(registers[VCPU_RIP], target);
	assert_false(registers[VCPU_RFLAGS] & RFLAGS_RF);
}

static void put(unsigned at, uint64_t value)
{
	memcpy(&device[at], &value, sizeof(value));
}

static uint64_t in_ram(unsigned at)
{
	uint64_t value;

	memcpy(&value, &ram[at], sizeof(value));
	return value;
}

static void jumps_and_calls(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	put(8, 0x123456789ab);
	run_branch(BYTES(0xff, 0x63, 0x08), 0x123456789ab); /* jmp [rbx + 8] */
	registers[VCPU_RSP] = RAM_PAGE + 0x100;
	run_branch(BYTES(0xff, 0x53, 0x08), 0x123456789ab); /* call [rbx + 8] */
	assert_int_equal(registers[VCPU_RSP], RAM_PAGE + 0xf8);
	assert_int_equal(in_ram(RAM_PAGE + 0xf8), CODE + 3);
}

static void the_stack_in_a_device(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_RSP] = DEVICE + 0x100;
	run_branch(BYTES(0xe8, 0x00, 0x10, 0x00, 0x00), CODE + 5 + 0x1000); /* call */
	assert_int_equal(registers[VCPU_RSP], DEVICE + 0xf8);
	assert_int_equal(accesses[0].value, CODE + 5);
	run_branch(BYTES(0xe8, 0xfb, 0xff, 0xff, 0xff), CODE); /* backward */
	run_branch(BYTES(0xc3), CODE + 5);
	run_branch(BYTES(0xc2, 0xf0, 0xff), CODE + 5); /* ret FFF0h */
	assert_int_equal(registers[VCPU_RSP], DEVICE + 0x100 + 0xfff0);
}

static void targets_are_checked(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	put(0, 0x0000800000000000);
	registers[VCPU_RSP] = RAM_PAGE + 0x100;
	run_faults(BYTES(0xff, 0x23), EXCEPTION_PROTECTION, 0);
	run_faults(BYTES(0xff, 0x13), EXCEPTION_PROTECTION, 0);
	assert_int_equal(registers[VCPU_RSP], RAM_PAGE + 0x100);
	assert_int_equal(in_ram(RAM_PAGE + 0xf8), 0);
	registers[VCPU_RSP] = DEVICE;
	run_faults(BYTES(0xc3), EXCEPTION_PROTECTION, 0);
	assert_int_equal(registers[VCPU_RSP], DEVICE);
	/* A CALL without a stack does not read its target. */
	count = 0;
	registers[VCPU_RSP] = MISSING_PAGE + 8;
	run_faults(BYTES(0xff, 0x13), EXCEPTION_PAGE_FAULT, 2);
	assert_int_equal(count, 0);
}

static void limits_are_checked(void **state)
{
	reset(state);
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_CS_LIMIT] = 0xffff;
	registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
	registers[VCPU_DS_LIMIT] = UINT32_MAX;
	vcpu.gpr[RBX] = DEVICE_GPA;
	put(0, 0x10000);
	run_faults(BYTES(0xff, 0x23), EXCEPTION_PROTECTION, 0);
	injections = 0;
	put(0, 0x1234ffff);
	run_branch(BYTES(0x66, 0xff, 0x23), 0xffff); /* jmp word [ebx] */
}

static void frames(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_RSP] = DEVICE + 0x200;
	vcpu.gpr[RBP] = 0x1122334455667788;
	run_all(BYTES(0xc8, 0x38, 0x12, 0x00)); /* enter 1238h, 0 */
	assert_int_equal(accesses[0].at, DEVICE_GPA + 0x1f8);
	assert_int_equal(accesses[0].value, 0x1122334455667788);
	assert_int_equal(vcpu.gpr[RBP], DEVICE + 0x1f8);
	assert_int_equal(registers[VCPU_RSP], DEVICE + 0x1f8 - 0x1238);
	run_all(BYTES(0xc9)); /* leave */
	assert_int_equal(vcpu.gpr[RBP], 0x1122334455667788);
	assert_int_equal(registers[VCPU_RSP], DEVICE + 0x200);
	/* Nested procedures are left out. */
	assert_int_equal(run(BYTES(0xc8, 0x00, 0x00, 0x01)), ERROR_UNSUPPORTED);
}

/* --- far ------------------------------------------------------------------------------------- */

enum { GDT = 0x7000, CODE64 = 0x08, CODE32 = 0x10, DATA = 0x18, ABSENT = 0x20, TSS = 0x28 };

static void gdt(void)
{
	const uint64_t entries[] = {
		0,
		descriptor_make(0, 0xfffff, RIGHTS_CODE64 & ~TYPE_ACCESSED),
		descriptor_make(0x1000, 0xfffff, RIGHTS_CODE32),
		descriptor_make(0, 0xfffff, RIGHTS_DATA32),
		descriptor_make(0, 0xfffff, RIGHTS_CODE64 & ~RIGHTS_P),
		descriptor_make(0, 0xff, TYPE_TSS_AVAILABLE | RIGHTS_P),
	};

	memcpy(&ram[GDT], entries, sizeof(entries));
	registers[VCPU_GDTR_BASE] = GDT;
	registers[VCPU_GDTR_LIMIT] = sizeof(entries) - 1;
}

static void far_to(uint64_t offset, unsigned width, uint16_t selector)
{
	memcpy(device, &offset, width);
	memcpy(device + width, &selector, sizeof(selector));
}

static void far_jumps(void **state)
{
	reset(state);
	long_mode();
	gdt();
	vcpu.gpr[RBX] = DEVICE;
	far_to(0x123456789ab, 8, CODE64);
	run_branch(BYTES(0x48, 0xff, 0x2b), 0x123456789ab); /* jmp far, m16:64 */
	assert_int_equal(registers[VCPU_CS_SELECTOR], CODE64);
	assert_int_equal(registers[VCPU_CS_RIGHTS], RIGHTS_CODE64);
	assert_int_equal(ram[GDT + CODE64 + 5] & TYPE_ACCESSED, TYPE_ACCESSED);
	/* to compatibility mode */
	far_to(0x9abcdef0, 4, CODE32);
	run_branch(BYTES(0xff, 0x2b), 0x9abcdef0);
	assert_int_equal(registers[VCPU_CS_RIGHTS], RIGHTS_CODE32);
	assert_int_equal(registers[VCPU_CS_BASE], 0x1000);
}

static void far_calls(void **state)
{
	reset(state);
	long_mode();
	gdt();
	vcpu.gpr[RBX] = DEVICE;
	registers[VCPU_CS_SELECTOR] = 0x1230;
	registers[VCPU_RSP] = RAM_PAGE + 0x100;
	far_to(0x5678, 8, CODE64 | 0);
	run_branch(BYTES(0x48, 0xff, 0x1b), 0x5678);
	assert_int_equal(registers[VCPU_RSP], RAM_PAGE + 0xf0);
	assert_int_equal(in_ram(RAM_PAGE + 0xf8), 0x1230);
	assert_int_equal(in_ram(RAM_PAGE + 0xf0), CODE + 3);
}

static void far_branches_are_checked(void **state)
{
	static const struct {
		uint16_t selector;
		uint8_t vector;
		uint16_t code;
	} rows[] = {
		{ 0, EXCEPTION_PROTECTION, 0 },
		{ DATA, EXCEPTION_PROTECTION, DATA },
		{ CODE64 | 3, EXCEPTION_PROTECTION, CODE64 },
		{ ABSENT, EXCEPTION_SEGMENT_NOT_PRESENT, ABSENT },
		{ TSS + 8, EXCEPTION_PROTECTION, TSS + 8 },       /* beyond the table */
		{ CODE64 | 4, EXCEPTION_PROTECTION, CODE64 | 4 }, /* there is no LDT */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		reset(state);
		long_mode();
		gdt();
		registers[VCPU_LDTR_RIGHTS] = RIGHTS_UNUSABLE;
		vcpu.gpr[RBX] = DEVICE;
		far_to(0x5678, 4, rows[i].selector);
		run_faults(BYTES(0xff, 0x2b), rows[i].vector, rows[i].code);
		assert_int_equal(registers[VCPU_CS_SELECTOR], 0);
	}
	far_to(0x0000800000000000, 8, CODE64);
	run_faults(BYTES(0x48, 0xff, 0x2b), EXCEPTION_PROTECTION, 0);
	far_to(0, 4, TSS);
	assert_int_equal(run(BYTES(0xff, 0x2b)), ERROR_UNSUPPORTED);
}

static void far_in_real_mode(void **state)
{
	reset(state);
	registers[VCPU_ES_BASE] = TEXT_SCREEN;
	registers[VCPU_RSP] = 0x100;
	registers[VCPU_CS_SELECTOR] = 0;
	far_to(0x5678, 2, 0xf000);
	run_branch(BYTES(0x26, 0xff, 0x1e, 0x00, 0x00), 0x5678); /* call far es:[0] */
	assert_int_equal(registers[VCPU_CS_SELECTOR], 0xf000);
	assert_int_equal(registers[VCPU_CS_BASE], 0xf0000);
	assert_int_equal(registers[VCPU_RSP], 0xfc);
	assert_memory_equal(&ram[0xfc], "\x05\x50\0\0", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jumps_and_calls),
		cmocka_unit_test(the_stack_in_a_device),
		cmocka_unit_test(targets_are_checked),
		cmocka_unit_test(limits_are_checked),
		cmocka_unit_test(frames),
		cmocka_unit_test(far_jumps),
		cmocka_unit_test(far_calls),
		cmocka_unit_test(far_branches_are_checked),
		cmocka_unit_test(far_in_real_mode),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
