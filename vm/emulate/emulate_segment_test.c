/* Segment registers, LDTR, TR and descriptor-table registers loaded from a device and stored into
 * it, the machine status word, and what each refuses. */
#include "tests/host/emulated_device.h"

enum {
	GDT = 0x7000,
	DATA = 0x08,
	DATA_DPL3 = 0x10,
	CODE_ONLY = 0x18, /* execute-only */
	ABSENT = 0x20,
	LDT = 0x28, /* sixteen bytes */
	FREE_TSS = 0x38,
	BUSY_TSS = 0x48,
	GDT_LENGTH = 0x58,
};

static void put_entry(unsigned selector, uint64_t low, uint64_t high)
{
	memcpy(&ram[GDT + selector], &low, sizeof(low));
	memcpy(&ram[GDT + selector + sizeof(low)], &high, sizeof(high));
}

static int system_reset(void **state)
{
	reset(state);
	long_mode();
	put_entry(BUSY_TSS, descriptor_make(0x1000, 0x67, RIGHTS_BUSY_TSS), 0);
	put_entry(FREE_TSS, descriptor_make(0x2000, 0x67, TYPE_TSS_AVAILABLE | RIGHTS_P), 0x7f);
	put_entry(LDT, descriptor_make(0x3000, 0xff, RIGHTS_LDT), 0xffffffff);
	put_entry(ABSENT, descriptor_make(0, 0xfffff, RIGHTS_DATA32 & ~RIGHTS_P),
		  descriptor_make(0x3000, 0xff, RIGHTS_LDT));
	put_entry(CODE_ONLY, descriptor_make(0, 0xfffff, RIGHTS_CODE32 & ~TYPE_READABLE),
		  descriptor_make(0, 0xfffff, RIGHTS_DATA32 & ~RIGHTS_P));
	put_entry(DATA, descriptor_make(0x1234, 0xfffff, RIGHTS_DATA32 & ~TYPE_ACCESSED),
		  descriptor_make(0, 0xfffff, RIGHTS_DATA32 | RIGHTS_PRIVILEGE(3)));
	registers[VCPU_GDTR_BASE] = GDT;
	registers[VCPU_GDTR_LIMIT] = GDT_LENGTH - 1;
	registers[VCPU_LDTR_RIGHTS] = RIGHTS_UNUSABLE;
	vcpu.gpr[RBX] = DEVICE;
	return 0;
}

static void put_word(uint16_t value)
{
	memcpy(device, &value, sizeof(value));
}

/* --- segment registers ----------------------------------------------------------------------- */

static void loads_data_segments(void **state)
{
	put_word(DATA);
	run_all(BYTES(0x8e, 0x03)); /* mov es, [rbx] */
	assert_int_equal(registers[VCPU_ES_SELECTOR], DATA);
	assert_int_equal(registers[VCPU_ES_BASE], 0x1234);
	assert_int_equal(registers[VCPU_ES_LIMIT], UINT32_MAX);
	assert_int_equal(registers[VCPU_ES_RIGHTS], RIGHTS_DATA32);
	assert_int_equal(ram[GDT + DATA + 5] & TYPE_ACCESSED, TYPE_ACCESSED);
	assert_int_equal(count, 1);
	assert_int_equal(accesses[0].width, 2);
	run_all(BYTES(0x8e, 0x13)); /* mov ss, [rbx] */
	assert_int_equal(registers[VCPU_SS_SELECTOR], DATA);
	put_word(3);
	run_all(BYTES(0x8e, 0x2b)); /* mov gs, [rbx] */
	assert_int_equal(registers[VCPU_GS_SELECTOR], 3);
	assert_int_equal(registers[VCPU_GS_RIGHTS], RIGHTS_UNUSABLE);
	put_word(0);
	run_all(BYTES(0x8e, 0x13)); /* mov ss, null */
	assert_int_equal(registers[VCPU_SS_SELECTOR], 0);
	assert_int_equal(registers[VCPU_SS_RIGHTS], RIGHTS_UNUSABLE);
}

static void a_null_stack_keeps_the_privilege(void **state)
{
	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(2);
	put_word(2);
	run_all(BYTES(0x8e, 0x13));
	assert_int_equal(registers[VCPU_SS_RIGHTS], RIGHTS_UNUSABLE | RIGHTS_PRIVILEGE(2));
	skips = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	put_word(3); /* not the CPL */
	run_faults(BYTES(0x8e, 0x13), EXCEPTION_PROTECTION, 0);
}

static void refuses_segments(void **state)
{
	static const struct {
		uint8_t modrm;
		uint16_t selector;
		uint8_t vector;
	} rows[] = {
		{ 0x1b, CODE_ONLY, EXCEPTION_PROTECTION },
		{ 0x1b, ABSENT, EXCEPTION_SEGMENT_NOT_PRESENT },
		{ 0x1b, LDT, EXCEPTION_PROTECTION },
		{ 0x1b, DATA | 3, EXCEPTION_PROTECTION },
		{ 0x1b, GDT_LENGTH, EXCEPTION_PROTECTION },
		{ 0x1b, DATA | SELECTOR_TI, EXCEPTION_PROTECTION },
		{ 0x13, ABSENT, EXCEPTION_STACK_FAULT },
		{ 0x13, DATA_DPL3, EXCEPTION_PROTECTION },
		{ 0x13, DATA | 1, EXCEPTION_PROTECTION },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		put_word(rows[i].selector);
		run_faults(BYTES(0x8e, rows[i].modrm), rows[i].vector, rows[i].selector & ~3u);
		assert_int_equal(registers[VCPU_DS_SELECTOR] | registers[VCPU_SS_SELECTOR], 0);
	}
	/* CS is no destination. */
	run_faults(BYTES(0x8e, 0x0b), EXCEPTION_INVALID_OPCODE, 0);
}

static void loads_pointers(void **state)
{
	memcpy(device, "\1\2\3\4\5\6\7\10\x10\0", 10);
	run_all(BYTES(0x4c, 0x0f, 0xb4, 0x03)); /* lfs r8, m16:64 */
	assert_int_equal(vcpu.gpr[R8], 0x0807060504030201);
	assert_int_equal(registers[VCPU_FS_SELECTOR], DATA_DPL3);
	memcpy(device, "\1\2\3\4\x18\0", 6);
	vcpu.gpr[RAX] = 7;
	skips = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	run_faults(BYTES(0x0f, 0xb5, 0x03), EXCEPTION_PROTECTION, CODE_ONLY); /* lgs eax */
	assert_int_equal(vcpu.gpr[RAX], 7);
}

static void real_mode_has_no_descriptors(void **state)
{
	reset(state);
	registers[VCPU_ES_BASE] = TEXT_SCREEN;
	put_word(0xb800);
	run_all(BYTES(0x26, 0x8e, 0x1e, 0x00, 0x00)); /* mov ds, es:[0] */
	assert_int_equal(registers[VCPU_DS_SELECTOR], 0xb800);
	assert_int_equal(registers[VCPU_DS_BASE], 0xb8000);
	assert_int_equal(registers[VCPU_DS_LIMIT], 0xffff);
	memcpy(device, "\x34\x12\x00\xf0", 4);
	run_all(BYTES(0x26, 0xc4, 0x3e, 0x00, 0x00)); /* les di, es:[0] */
	assert_int_equal(vcpu.gpr[RDI], 0x1234);
	assert_int_equal(registers[VCPU_ES_BASE], 0xf0000);
}

/* --- systems --------------------------------------------------------------------------------- */

static void machine_status(void **state)
{
	registers[VCPU_CR0] = CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET;
	run_all(BYTES(0x0f, 0x01, 0x23)); /* smsw [rbx] */
	assert_int_equal(accesses[0].width, 2);
	assert_int_equal(accesses[0].value, 0x31);
	put_word(0xfffa);                 /* PE cannot be cleared, nothing above TS changes */
	run_all(BYTES(0x0f, 0x01, 0x33)); /* lmsw [rbx] */
	assert_int_equal(registers[VCPU_CR0],
			 CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_TS);
	put_word(0);
	run_all(BYTES(0x0f, 0x01, 0x33));
	assert_int_equal(registers[VCPU_CR0], CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_ET);
}

static void local_descriptor_table(void **state)
{
	put_word(LDT);
	run_all(BYTES(0x0f, 0x00, 0x13)); /* lldt [rbx] */
	assert_int_equal(registers[VCPU_LDTR_SELECTOR], LDT);
	assert_int_equal(registers[VCPU_LDTR_BASE], 0xffffffff00003000);
	assert_int_equal(registers[VCPU_LDTR_LIMIT], 0xff);
	assert_int_equal(registers[VCPU_LDTR_RIGHTS], RIGHTS_LDT);
	run_all(BYTES(0x0f, 0x00, 0x43, 0x10)); /* sldt [rbx + 16] */
	assert_int_equal(accesses[1].width, 2);
	assert_int_equal(accesses[1].value, LDT);
	put_word(0);
	run_all(BYTES(0x0f, 0x00, 0x13));
	assert_int_equal(registers[VCPU_LDTR_RIGHTS], RIGHTS_UNUSABLE);
	skips = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	put_word(FREE_TSS);
	run_faults(BYTES(0x0f, 0x00, 0x13), EXCEPTION_PROTECTION, FREE_TSS);
	put_word(LDT | SELECTOR_TI);
	run_faults(BYTES(0x0f, 0x00, 0x13), EXCEPTION_PROTECTION, LDT | SELECTOR_TI);
	ram[GDT + LDT + 5] &= ~RIGHTS_P;
	put_word(LDT);
	run_faults(BYTES(0x0f, 0x00, 0x13), EXCEPTION_SEGMENT_NOT_PRESENT, LDT);
}

static void task_register(void **state)
{
	put_word(FREE_TSS);
	run_all(BYTES(0x0f, 0x00, 0x1b)); /* ltr [rbx] */
	assert_int_equal(registers[VCPU_TR_SELECTOR], FREE_TSS);
	assert_int_equal(registers[VCPU_TR_BASE], 0x7f00002000);
	assert_int_equal(registers[VCPU_TR_RIGHTS], RIGHTS_BUSY_TSS);
	assert_int_equal(ram[GDT + FREE_TSS + 5], RIGHTS_BUSY_TSS);
	run_all(BYTES(0x0f, 0x00, 0x4b, 0x10)); /* str [rbx + 16] */
	assert_int_equal(accesses[1].value, FREE_TSS);
	skips = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	run_faults(BYTES(0x0f, 0x00, 0x1b), EXCEPTION_PROTECTION, FREE_TSS); /* busy now */
	put_word(0);
	run_faults(BYTES(0x0f, 0x00, 0x1b), EXCEPTION_PROTECTION, 0);
}

static void descriptor_table_registers(void **state)
{
	registers[VCPU_IDTR_BASE] = 0xffff800000001000;
	registers[VCPU_IDTR_LIMIT] = 0xfff;
	run_all(BYTES(0x0f, 0x01, 0x0b)); /* sidt [rbx] */
	assert_memory_equal(device, "\xff\x0f\x00\x10\x00\x00\x00\x80\xff\xff", 10);
	run_all(BYTES(0x0f, 0x01, 0x13)); /* lgdt [rbx] */
	assert_int_equal(registers[VCPU_GDTR_BASE], 0xffff800000001000);
	assert_int_equal(registers[VCPU_GDTR_LIMIT], 0xfff);
	device[8] = 0x7f;
	skips = 0;
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	run_faults(BYTES(0x0f, 0x01, 0x1b), EXCEPTION_PROTECTION, 0); /* lidt: not canonical */
	assert_int_equal(registers[VCPU_IDTR_BASE], 0xffff800000001000);
}

static void descriptor_tables_in_real_mode(void **state)
{
	reset(state);
	registers[VCPU_ES_BASE] = TEXT_SCREEN;
	memcpy(device, "\xff\x03\x78\x56\x34\x12", 6);
	run_all(BYTES(0x26, 0x0f, 0x01, 0x1e, 0x00, 0x00)); /* lidt es:[0]: 24 bits */
	assert_int_equal(registers[VCPU_IDTR_BASE], 0x345678);
	run_all(BYTES(0x26, 0x66, 0x0f, 0x01, 0x16, 0x00, 0x00)); /* lgdt, 32 bits */
	assert_int_equal(registers[VCPU_GDTR_BASE], 0x12345678);
	assert_int_equal(registers[VCPU_GDTR_LIMIT], 0x3ff);
}

/* Loading is the system's; storing too where UMIP says so. */
static void privileges(void **state)
{
	static const uint8_t loads[][3] = { { 0x0f, 0x00, 0x13 },
					    { 0x0f, 0x00, 0x1b },
					    { 0x0f, 0x01, 0x13 },
					    { 0x0f, 0x01, 0x1b },
					    { 0x0f, 0x01, 0x33 } };
	static const uint8_t stores[][3] = { { 0x0f, 0x00, 0x03 },
					     { 0x0f, 0x00, 0x0b },
					     { 0x0f, 0x01, 0x03 },
					     { 0x0f, 0x01, 0x0b },
					     { 0x0f, 0x01, 0x23 } };

	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(3);
	for (unsigned i = 0; i < ARRAY_SIZE(loads); i++)
		run_faults(loads[i], sizeof(loads[i]), EXCEPTION_PROTECTION, 0);
	registers[VCPU_CR4] |= CR4_UMIP;
	for (unsigned i = 0; i < ARRAY_SIZE(stores); i++)
		run_faults(stores[i], sizeof(stores[i]), EXCEPTION_PROTECTION, 0);
	assert_int_equal(count, 0);
	registers[VCPU_CR4] &= ~CR4_UMIP;
	injections = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(stores); i++)
		run_all(stores[i], sizeof(stores[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(loads_data_segments, system_reset),
		cmocka_unit_test_setup(a_null_stack_keeps_the_privilege, system_reset),
		cmocka_unit_test_setup(refuses_segments, system_reset),
		cmocka_unit_test_setup(loads_pointers, system_reset),
		cmocka_unit_test(real_mode_has_no_descriptors),
		cmocka_unit_test_setup(machine_status, system_reset),
		cmocka_unit_test_setup(local_descriptor_table, system_reset),
		cmocka_unit_test_setup(task_register, system_reset),
		cmocka_unit_test_setup(descriptor_table_registers, system_reset),
		cmocka_unit_test(descriptor_tables_in_real_mode),
		cmocka_unit_test_setup(privileges, system_reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
