/* Emulation from a vCPU's point of view: the bus accesses that instructions make, in every mode, and
 * pages that are half device and half RAM. */
#include "tests/host/emulated_device.h"

/* --- modes ----------------------------------------------------------------------------------- */

static void real_mode_writes_the_screen(void **state)
{
	reset(state);
	registers[VCPU_ES_BASE] = TEXT_SCREEN;
	vcpu.gpr[RDI] = 0x20;
	vcpu.gpr[RAX] = 0x0741;
	run_all(BYTES(0x26, 0x89, 0x05)); /* mov es:[di], ax */
	assert_int_equal(count, 1);
	assert_true(accesses[0].write);
	assert_int_equal(accesses[0].at, TEXT_SCREEN + 0x20);
	assert_int_equal(accesses[0].width, 2);
	assert_int_equal(accesses[0].value, 0x0741);
	run_all(BYTES(0x26, 0x8a, 0x5d, 0x01)); /* mov bl, es:[di + 1] */
	assert_int_equal(vcpu.gpr[RBX], 0x07);
}

static void protected_mode_uses_the_base(void **state)
{
	reset(state);
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_DS_RIGHTS] = RIGHTS_DATA32;
	registers[VCPU_DS_LIMIT] = UINT32_MAX;
	registers[VCPU_DS_BASE] = 0x1000;
	vcpu.gpr[RBX] = 0xabcdef00fedff000; /* only 32 bits count */
	memcpy(&device[0x20], "\x78\x56\x34\x12", 4);
	vcpu.gpr[RAX] = ~0ull;
	run_all(BYTES(0x8b, 0x43, 0x20)); /* mov eax, [ebx + 20h] */
	assert_int_equal(accesses[0].at, 0xfee00020);
	assert_int_equal(vcpu.gpr[RAX], 0x12345678);
}

static void long_mode_goes_through_the_tables(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RAX] = 0x1122334455667788;
	run_all(BYTES(0x48, 0x89, 0x04, 0x25, 0x80, 0x40, 0x01, 0x00)); /* mov [14080h], rax */
	assert_int_equal(count, 1);
	assert_int_equal(accesses[0].at, DEVICE_GPA + 0x80);
	assert_int_equal(accesses[0].width, 8);
	assert_int_equal(accesses[0].value, 0x1122334455667788);
	/* the accessed and dirty flags of the page */
	assert_int_equal(ram[0x4000 + DEVICE_PAGE * 8], 0x67);
	run_all(BYTES(0x8b, 0x0d, 0x7a, 0xf0, 0x00, 0x00)); /* mov ecx, [rip + F07Ah] */
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x80);
	assert_int_equal(vcpu.gpr[RCX], 0x55667788);
}

static void moffs_and_segment_overrides(void **state)
{
	reset(state);
	long_mode();
	registers[VCPU_GS_BASE] = DEVICE;
	memcpy(&device[8], "\1\2\3\4\5\6\7\10", 8);
	/* mov rax, gs:[8] with a 64-bit offset */
	run_all(BYTES(0x65, 0x48, 0xa1, 8, 0, 0, 0, 0, 0, 0, 0));
	assert_int_equal(vcpu.gpr[RAX], 0x0807060504030201);
	/* DS's base and an override of it do not count in 64-bit mode */
	registers[VCPU_DS_BASE] = 0x123;
	vcpu.gpr[RDX] = DEVICE + 8;
	run_all(BYTES(0x3e, 0x8b, 0x02)); /* mov eax, ds:[rdx] */
	assert_int_equal(vcpu.gpr[RAX], 0x04030201);
	run_all(BYTES(0x67, 0x8b, 0x02)); /* mov eax, [edx] */
	assert_int_equal(vcpu.gpr[RAX], 0x04030201);
}

/* The exit says where the CPU's own translation led: it is taken for that page, and for accesses of
 * that kind. */
static void believes_the_exit(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 0x10;
	fault.nested_fault.gva = gva(DEVICE + 0x123);
	fault.nested_fault.gpa = gpa(0xd0000123);
	fault.nested_fault.gva_valid = true;
	fault.nested_fault.access = ACCESS_READ;
	run_all(BYTES(0x8b, 0x03)); /* mov eax, [rbx] */
	assert_int_equal(accesses[0].at, 0xd0000010);
	run_all(BYTES(0x89, 0x03)); /* mov [rbx], eax: the exit was for reading */
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x10);
	fault.nested_fault.access = ACCESS_WRITE;
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[2].at, 0xd0000010);
	vcpu.gpr[RBX] = DEVICE - 2; /* another page too */
	fake_map(DEVICE_PAGE - 1, RAM_PAGE | 7);
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[3].at, DEVICE_GPA);
	fault.nested_fault.gva_valid = false;
	vcpu.gpr[RBX] = DEVICE;
	run_all(BYTES(0x89, 0x03));
	assert_int_equal(accesses[4].at, DEVICE_GPA);
}

static void stores_selectors(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	registers[VCPU_CS_SELECTOR] = 0x1234;
	registers[VCPU_ES_SELECTOR] = 0x5678;
	run_all(BYTES(0x8c, 0x0b)); /* mov [rbx], cs */
	assert_int_equal(accesses[0].width, 2);
	assert_int_equal(accesses[0].value, 0x1234);
	run_all(BYTES(0x48, 0x8c, 0x03)); /* mov [rbx], es */
	assert_int_equal(accesses[1].width, 2);
	assert_int_equal(accesses[1].value, 0x5678);
}

/* The same place, other bytes or another mode: what was decoded before does not count. */
static void sees_that_code_changes(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	device[0] = 1;
	run_all(BYTES(0x8b, 0x03)); /* mov eax, [rbx] */
	run_all(BYTES(0x8b, 0x0b)); /* mov ecx, [rbx] */
	assert_int_equal(vcpu.gpr[RCX], 1);
	run_all(BYTES(0x8b, 0x4b, 0x04)); /* mov ecx, [rbx + 4] */
	assert_int_equal(vcpu.gpr[RCX], 0);
	run_all(BYTES(0x8b, 0x03));
	assert_int_equal(accesses[3].at, DEVICE_GPA);
	assert_int_equal(accesses[3].width, 4);
	/* the same bytes as 32-bit and as 16-bit code: [ebx], and [bp + di] */
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE32;
	registers[VCPU_CS_LIMIT] = registers[VCPU_DS_LIMIT] = UINT32_MAX;
	registers[VCPU_SS_LIMIT] = UINT32_MAX;
	run_all(BYTES(0x8b, 0x03));
	registers[VCPU_CS_RIGHTS] = RIGHTS_CODE16;
	vcpu.gpr[RBP] = 0x20;
	vcpu.gpr[RDI] = DEVICE - 0x8000 - 0x20; /* 16 bits of the sum count */
	registers[VCPU_SS_BASE] = 0x8000;
	registers[VCPU_SS_RIGHTS] = RIGHTS_DATA16;
	run_all(BYTES(0x8b, 0x03));
	assert_int_equal(accesses[5].width, 2);
}

/* --- read, then write ------------------------------------------------------------------------ */

static void modifies_by_reading_and_writing(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 0x10;
	device[0x10] = 0xf0;
	run_all(BYTES(0xf0, 0x83, 0x0b, 0x0f)); /* lock or dword [rbx], 15 */
	assert_int_equal(count, 2);
	assert_false(accesses[0].write);
	assert_true(accesses[1].write);
	assert_int_equal(accesses[1].value, 0xff);
	run_all(BYTES(0xf7, 0x03, 0xff, 0, 0, 0)); /* test dword [rbx], 255: reads only */
	assert_int_equal(count, 3);
	vcpu.gpr[RAX] = 1;
	vcpu.gpr[RCX] = 2;
	run_all(BYTES(0xf0, 0x0f, 0xb1, 0x0b)); /* lock cmpxchg [rbx], ecx: fails, writes back */
	assert_int_equal(count, 5);
	assert_true(accesses[4].write);
	assert_int_equal(accesses[4].value, 0xff);
	assert_int_equal(vcpu.gpr[RAX], 0xff);
}

/* --- accesses that cross pages --------------------------------------------------------------- */

static void crosses_from_ram_into_the_device(void **state)
{
	reset(state);
	long_mode();
	fake_map(DEVICE_PAGE - 1, RAM_PAGE | 7);
	vcpu.gpr[RAX] = 0x8877665544332211;
	vcpu.gpr[RBX] = DEVICE - 1;
	run_all(BYTES(0x48, 0x89, 0x03)); /* mov [rbx], rax */
	assert_int_equal(ram[RAM_PAGE + 0xfff], 0x11);
	/* seven bytes in aligned pieces */
	assert_int_equal(count, 3);
	assert_int_equal(accesses[0].width, 4);
	assert_int_equal(accesses[0].at, DEVICE_GPA);
	assert_int_equal(accesses[0].value, 0x55443322);
	assert_int_equal(accesses[1].width, 2);
	assert_int_equal(accesses[1].value, 0x7766);
	assert_int_equal(accesses[2].width, 1);
	assert_int_equal(accesses[2].value, 0x88);
	run_all(BYTES(0x48, 0x8b, 0x13)); /* mov rdx, [rbx] */
	assert_int_equal(vcpu.gpr[RDX], 0x8877665544332211);
}

static void crosses_from_the_device_into_nothing(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = MISSING_PAGE - 2;
	run_faults(BYTES(0x89, 0x03), EXCEPTION_PAGE_FAULT, 2); /* mov [rbx], eax */
	assert_int_equal(injected.fault_address, MISSING_PAGE);
	assert_int_equal(count, 0); /* and the device has seen nothing */
}

static void fetches_across_pages_only_when_it_must(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fake_map(16, 0x7000 | 7);
	fake_map(17, 0);
	memcpy(&ram[0x7ffe], "\x89\x03", 2); /* the last two bytes of the last page */
	registers[VCPU_RIP] = 0x10ffe;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(registers[VCPU_RIP], 0x11000);
	memcpy(&ram[0x7ffe], "\x89\x43", 2); /* a displacement is missing */
	registers[VCPU_RIP] = 0x10ffe;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(injections, 1);
	assert_int_equal(injected.vector, EXCEPTION_PAGE_FAULT);
	assert_int_equal(injected.error_code, 0x10); /* a fetch, not present */
	assert_int_equal(injected.fault_address, 0x11000);
	fake_map(17, 0x8000 | 7);
	ram[0x8000] = 0x40;
	assert_int_equal(emulate_instruction(&vcpu, &fault, &bus, &why), ERROR_NONE);
	assert_int_equal(registers[VCPU_RIP], 0x11001);
	assert_int_equal(accesses[1].at, DEVICE_GPA + 0x40);
}

/* --- ROM ------------------------------------------------------------------------------------- */

static void rom_is_read_and_the_bus_hears_of_writes(void **state)
{
	reset(state);
	long_mode();
	fake_map(DEVICE_PAGE, FAKE_ROM_SLOT | 7);
	rom[4] = 0x41;
	vcpu.gpr[RBX] = DEVICE + 4;
	run_all(BYTES(0xfe, 0x03)); /* inc byte [rbx] */
	assert_int_equal(count, 1);
	assert_true(accesses[0].write);
	assert_int_equal(accesses[0].at, FAKE_ROM_SLOT + 4);
	assert_int_equal(accesses[0].value, 0x42);
	assert_int_equal(rom[4], 0x41);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(real_mode_writes_the_screen),
		cmocka_unit_test(protected_mode_uses_the_base),
		cmocka_unit_test(long_mode_goes_through_the_tables),
		cmocka_unit_test(moffs_and_segment_overrides),
		cmocka_unit_test(believes_the_exit),
		cmocka_unit_test(stores_selectors),
		cmocka_unit_test(sees_that_code_changes),
		cmocka_unit_test(modifies_by_reading_and_writing),
		cmocka_unit_test(crosses_from_ram_into_the_device),
		cmocka_unit_test(crosses_from_the_device_into_nothing),
		cmocka_unit_test(fetches_across_pages_only_when_it_must),
		cmocka_unit_test(rom_is_read_and_the_bus_hears_of_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
