/* Instructions that are not carried out to their end: faults with their exact numbers, and what is
 * refused. */
#include "tests/host/emulated_device.h"

/* --- faults ---------------------------------------------------------------------------------- */

static void page_faults_as_the_cpu_would(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fake_map(DEVICE_PAGE, DEVICE_GPA | 5);                        /* read-only */
	run_faults(BYTES(0x80, 0x23, 0x00), EXCEPTION_PAGE_FAULT, 3); /* and byte [rbx], 0 */
	assert_int_equal(injected.fault_address, DEVICE);
	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(3);
	run_faults(BYTES(0x80, 0x23, 0x00), EXCEPTION_PAGE_FAULT, 7);
	fake_map(DEVICE_PAGE, DEVICE_GPA | 3);                        /* the supervisor's */
	run_faults(BYTES(0xf6, 0x03, 0x00), EXCEPTION_PAGE_FAULT, 5); /* test byte [rbx], 0 */
	assert_int_equal(count, 0);
}

static void addresses_that_are_not_canonical(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = vcpu.gpr[RBP] = 0x0000800000000000;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_PROTECTION, 0);        /* [rbx] */
	run_faults(BYTES(0x8b, 0x45, 0x00), EXCEPTION_STACK_FAULT, 0); /* [rbp] */
}

static void segments_have_limits_and_types(void **state)
{
	reset(state);
	vcpu.gpr[RBX] = 0xfffe;
	run_faults(BYTES(0x66, 0x8b, 0x07), EXCEPTION_PROTECTION, 0); /* mov eax, [bx] */
	vcpu.gpr[RBP] = 0xffff;
	run_faults(BYTES(0x8b, 0x46, 0x00), EXCEPTION_STACK_FAULT, 0); /* mov ax, [bp] */
	registers[VCPU_CR0] = CR0_PE;
	registers[VCPU_DS_RIGHTS] &= ~TYPE_WRITABLE;
	run_faults(BYTES(0xfe, 0x06, 0x00, 0x01), EXCEPTION_PROTECTION, 0); /* inc byte [100h] */
	registers[VCPU_DS_RIGHTS] |= RIGHTS_UNUSABLE;
	run_faults(BYTES(0xa0, 0x00, 0x01), EXCEPTION_PROTECTION, 0); /* mov al, [100h] */
}

static void checks_alignment(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE + 1;
	registers[VCPU_CR0] |= CR0_AM;
	registers[VCPU_RFLAGS] |= RFLAGS_AC;
	run_all(BYTES(0x8b, 0x03));
	registers[VCPU_SS_RIGHTS] |= RIGHTS_PRIVILEGE(3);
	registers[VCPU_RFLAGS] |= RFLAGS_RF;
	skips = 0;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_ALIGNMENT_CHECK, 0);
	run_faults(BYTES(0x48, 0x0f, 0xc7, 0x0b), EXCEPTION_PROTECTION, 0); /* cmpxchg16b */
}

static void divides_by_zero(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	run_faults(BYTES(0xf7, 0x33), EXCEPTION_DIVIDE_ERROR, 0); /* div dword [rbx] */
}

static void code_may_have_changed_meanwhile(void **state)
{
	reset(state);
	long_mode();
	run_faults(BYTES(0xf0, 0x8b, 0x03), EXCEPTION_INVALID_OPCODE, 0); /* lock mov */
	run_faults(BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
			 0x66, 0x66, 0x66, 0x8b, 0x03),
		   EXCEPTION_PROTECTION, 0);
}

/* --- what is refused ------------------------------------------------------------------------- */

static void refused(const uint8_t *bytes, size_t length, const char *says)
{
	uint64_t before[GPR_COUNT];

	memcpy(before, vcpu.gpr, sizeof(before));
	assert_int_equal(run(bytes, length), ERROR_UNSUPPORTED);
	if (!strstr(why.text, says))
		fail_msg("%s", why.text);
	assert_int_equal(skips, 0);
	assert_int_equal(injections, 0);
	assert_int_equal(count, 0);
	assert_memory_equal(before, vcpu.gpr, sizeof(before));
}

static void says_what_it_cannot_do(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = DEVICE;
	fault.nested_fault.gpa = gpa(DEVICE_GPA);
	refused(BYTES(0xd8, 0x03), "d8 03 fadd at rip=0x5000 gpa=0xfee00000");
	refused(BYTES(0x0f, 0xae, 0x03), "0f ae 03 fxsave");
	refused(BYTES(0x89, 0xd8), "89 d8 mov"); /* registers only */
	fault.nested_fault.access = ACCESS_EXECUTE;
	refused(BYTES(0x90), "code outside RAM");
	fault.nested_fault.access = ACCESS_READ;
	fault.nested_fault.during_walk = true;
	refused(BYTES(0x8b, 0x03), "page tables outside RAM");
	fault.nested_fault.during_walk = false;
	fake_map(5, DEVICE_GPA | 7);
	refused(BYTES(0x8b, 0x03), "code outside RAM");
}

/* The instruction at RIP is not what failed. */
static void events_delivered_through_nothing(void **state)
{
	reset(state);
	long_mode();
	vcpu.events.interrupted.kind = EVENT_EXTERNAL_INTERRUPT;
	fault.nested_fault.access = ACCESS_WRITE;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_STACK_FAULT, 0);
	fault.nested_fault.access = ACCESS_READ;
	run_faults(BYTES(0x8b, 0x03), EXCEPTION_PROTECTION, 0);
	assert_int_equal(count, 0);
}

/* Ones are read where page tables should be. */
static void page_tables_in_nothing(void **state)
{
	reset(state);
	long_mode();
	vcpu.gpr[RBX] = 0x200000;
	memcpy(&ram[0x3008], "\7\0\0\xfe\0\0\0", 8);
	run_faults(BYTES(0x89, 0x03), EXCEPTION_PAGE_FAULT,
		   PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE | PAGE_FAULT_RESERVED);
	assert_int_equal(injected.fault_address, 0x200000);
}

static void passes_on_what_the_backend_says(void **state)
{
	for (enum vcpu_register reg = 0; reg < VCPU_REGISTERS; reg++) {
		reset(state);
		vcpu.gpr[RBX] = 0x100;
		broken_register = reg;
		if (run(BYTES(0x8b, 0x07))) /* mov ax, [bx] */
			assert_int_equal(skips + count, 0);
	}
	broken_register = VCPU_RIP;
	assert_int_equal(run(BYTES(0x8b, 0x07)), ERROR_BAD_STATE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(page_faults_as_the_cpu_would),
		cmocka_unit_test(addresses_that_are_not_canonical),
		cmocka_unit_test(segments_have_limits_and_types),
		cmocka_unit_test(checks_alignment),
		cmocka_unit_test(divides_by_zero),
		cmocka_unit_test(code_may_have_changed_meanwhile),
		cmocka_unit_test(says_what_it_cannot_do),
		cmocka_unit_test(events_delivered_through_nothing),
		cmocka_unit_test(page_tables_in_nothing),
		cmocka_unit_test(passes_on_what_the_backend_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
