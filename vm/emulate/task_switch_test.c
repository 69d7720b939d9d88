/* Task switches in a small flat memory: what each source writes where, what the new task finds, and each
 * fault of the SDM's table in the right task. */
#include "tests/host/task_machine.h"

static void call(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW,
					.source = TASK_BY_CALL,
					.next_rip = 0x507 };

	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	/* the old task is kept, and stays busy */
	assert_int_equal(get32(OLD_TSS + EIP), 0x507);
	assert_int_equal(get32(OLD_TSS + EFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(get32(OLD_TSS + GPR + 4 * RDI), 0x0d0d0007);
	assert_int_equal(get32(OLD_TSS + SEGMENT + 4 * TASK_CS), SELECTOR_CODE);
	assert_int_equal(get32(OLD_TSS + CR3), 0);
	assert_int_equal(type_of(SELECTOR_OLD), TYPE_TSS_BUSY);
	/* the new one is linked and busy */
	assert_int_equal(get32(NEW_TSS + LINK), SELECTOR_OLD);
	assert_int_equal(type_of(SELECTOR_NEW), TYPE_TSS_BUSY);
	assert_int_equal(state.rip, 0x700);
	assert_int_equal(state.rflags, RFLAGS_FIXED | RFLAGS_CF | RFLAGS_NT);
	assert_int_equal(state.cr3, 0x22000);
	assert_true(state.cr0 & CR0_TS);
	assert_int_equal(state.dr7, 0x7ff & ~0x155);
	assert_int_equal(state.gpr[RSP], STACK);
	assert_int_equal(state.gpr[RBX], 0xe0e00003);
	assert_int_equal(state.segment[TASK_TR].selector, SELECTOR_NEW);
	assert_int_equal(state.segment[TASK_TR].base, NEW_TSS);
	assert_int_equal(state.segment[TASK_TR].rights & RIGHTS_TYPE, TYPE_TSS_BUSY);
	assert_int_equal(state.segment[TASK_SS].limit, 0xffffffff);
	assert_true(state.segment[TASK_LDTR].rights & RIGHTS_UNUSABLE);
}

static void jump_and_return(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW,
					.source = TASK_BY_JUMP,
					.next_rip = 0x507 };

	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(type_of(SELECTOR_OLD), TYPE_TSS_AVAILABLE);
	assert_int_equal(type_of(SELECTOR_NEW), TYPE_TSS_BUSY);
	assert_int_equal(get32(NEW_TSS + LINK), 0);
	assert_false(state.rflags & RFLAGS_NT);

	/* IRET from a nested task: NT is cleared in what is saved, the target was busy all along */
	state = prepare();
	state.rflags |= RFLAGS_NT;
	describe(SELECTOR_NEW, NEW_TSS, 0x67, RIGHTS_BUSY_TSS);
	request.source = TASK_BY_IRET;
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(type_of(SELECTOR_OLD), TYPE_TSS_AVAILABLE);
	assert_int_equal(type_of(SELECTOR_NEW), TYPE_TSS_BUSY);
	assert_int_equal(get32(OLD_TSS + EFLAGS), RFLAGS_FIXED | RFLAGS_IF);
	assert_false(state.rflags & RFLAGS_NT);
}

static void gate_with_error_code(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = {
		.selector = SELECTOR_NEW,
		.source = TASK_BY_GATE,
		.next_rip = 0x500,
		.external = true,
		.has_error_code = true,
		.error_code = 0x18,
	};

	put32(NEW_TSS + SEGMENT + 4 * TASK_CS, SELECTOR_CODE3);
	for (unsigned i = TASK_ES; i <= TASK_GS; i++)
		if (i != TASK_CS)
			put32(NEW_TSS + SEGMENT + 4 * i, SELECTOR_DATA3);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.gpr[RSP], STACK - 4);
	assert_int_equal(get32(STACK - 4), 0x18);
	/* pushed by the new task, under its own paging */
	assert_int_equal(machine.last_cr3, 0x22000);
	assert_false(machine.last_implicit);
	assert_int_equal(machine.last_cpl, 3);

	/* a 16-bit stack wraps within 64 KiB, and a stack that is too small faults */
	state = prepare();
	describe(SELECTOR_DATA, 0x1000, 0xffff, RIGHTS_DATA16);
	put32(NEW_TSS + GPR + 4 * RSP, 0xabcd2004);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.gpr[RSP], 0xabcd2000);
	assert_int_equal(get32(0x3000), 0x18);
	state = prepare();
	describe(SELECTOR_DATA, 0, 0xfff, RIGHTS_DATA32 & ~RIGHTS_G);
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_STACK_FAULT);
}

static void segments_from_the_new_ldt(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };
	uint64_t descriptor = descriptor_make(0x123000, 0xf, RIGHTS_DATA32);

	put32(NEW_TSS + LDTR, SELECTOR_LDT);
	put32(NEW_TSS + SEGMENT + 4 * TASK_FS, 0x0c);
	memcpy(machine.memory + LDT + 8, &descriptor, sizeof(descriptor));
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.segment[TASK_LDTR].base, LDT);
	assert_int_equal(state.segment[TASK_FS].base, 0x123000);
	assert_int_equal(state.segment[TASK_FS].limit, 0xffff);
}

static void virtual8086(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };

	put32(NEW_TSS + EFLAGS, RFLAGS_VM);
	put32(NEW_TSS + SEGMENT + 4 * TASK_CS, 0x1234);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.segment[TASK_CS].base, 0x12340);
	assert_int_equal(state.segment[TASK_CS].rights, 0xf3);
	assert_int_equal(state.segment[TASK_CS].limit, 0xffff);
}

/* What is put into the new TSS or its descriptors, and the fault that it makes in the new task. */
static void faults_in_the_new_task(void **unused)
{
	static const struct {
		uint32_t segment, selector, vector, code;
	} rows[] = {
		{ TASK_CS, 0, EXCEPTION_INVALID_TSS, 0 },
		{ TASK_CS, SELECTOR_DATA, EXCEPTION_INVALID_TSS, SELECTOR_DATA },
		{ TASK_CS, 0x100, EXCEPTION_INVALID_TSS, 0x100 },
		{ TASK_CS, 0x0f, EXCEPTION_INVALID_TSS, 0x0c },
		{ TASK_SS, 0, EXCEPTION_INVALID_TSS, 0 },
		{ TASK_SS, SELECTOR_CODE, EXCEPTION_INVALID_TSS, SELECTOR_CODE },
		{ TASK_SS, SELECTOR_DATA3, EXCEPTION_INVALID_TSS, 0x20 },
		{ TASK_SS, 0x48, EXCEPTION_STACK_FAULT, 0x48 },
		{ TASK_DS, 0x48, EXCEPTION_SEGMENT_NOT_PRESENT, 0x48 },
		{ TASK_DS, SELECTOR_NEW, EXCEPTION_INVALID_TSS, SELECTOR_NEW },
		{ TASK_ES, 0x50, EXCEPTION_INVALID_TSS, 0x50 },
		{ TASK_LDTR, SELECTOR_DATA, EXCEPTION_INVALID_TSS, SELECTOR_DATA },
		{ TASK_LDTR, 0x3c, EXCEPTION_INVALID_TSS, 0x3c },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct task_state state = prepare();
		struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };
		struct vcpu_event fault;

		describe(0x48, 0, 0xfffff, RIGHTS_DATA32 & ~RIGHTS_P);
		describe(0x50, 0, 0xfffff, RIGHTS_CODE32 & ~TYPE_READABLE);
		put32(NEW_TSS +
			      (rows[i].segment == TASK_LDTR ? LDTR : SEGMENT + 4 * rows[i].segment),
		      rows[i].selector);
		fault = switch_ok(&state, &request);
		assert_int_equal(fault.kind, EVENT_EXCEPTION);
		assert_int_equal(fault.vector, rows[i].vector);
		assert_int_equal(fault.error_code, rows[i].code);
		assert_int_equal(state.rip, 0x700);
		assert_int_equal(state.segment[TASK_TR].selector, SELECTOR_NEW);
	}
}

static void null_data_segments_are_allowed(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };

	put32(NEW_TSS + SEGMENT + 4 * TASK_GS, 3);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_true(state.segment[TASK_GS].rights & RIGHTS_UNUSABLE);
	assert_int_equal(state.segment[TASK_GS].selector, 3);
}

static void eip_beyond_the_code_segment(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };

	describe(SELECTOR_CODE, 0, 0x6ff, RIGHTS_CODE32 & ~RIGHTS_G);
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_PROTECTION);
}

static void faults_in_the_old_task(void **unused)
{
	struct task_request request = { .selector = SELECTOR_NEW,
					.source = TASK_BY_GATE,
					.external = true };
	struct task_state state = prepare(), before = state;
	struct vcpu_event fault;

	/* nothing changes but the fault: a TSS that vanished, one too short, a selector outside */
	machine.fault_at = NEW_TSS + EIP;
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_PAGE_FAULT);
	assert_memory_equal(&state, &before, sizeof(state));
	machine.fault_at = OLD_TSS + EIP;
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_PAGE_FAULT);
	assert_memory_equal(&state, &before, sizeof(state));
	machine.fault_at = UINT32_MAX;
	describe(SELECTOR_NEW, NEW_TSS, 0x66, TYPE_TSS_AVAILABLE | RIGHTS_P);
	fault = switch_ok(&state, &request);
	assert_int_equal(fault.vector, EXCEPTION_INVALID_TSS);
	assert_int_equal(fault.error_code, SELECTOR_NEW | 1);
	request.selector = 0x80;
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_INVALID_TSS);
	assert_memory_equal(&state, &before, sizeof(state));
}

static void debug_trap(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };
	struct vcpu_event fault;

	/* it comes in the new task, and before its first instruction is looked for */
	put32(NEW_TSS + TRAP, 1);
	describe(SELECTOR_CODE, 0, 0x6ff, RIGHTS_CODE32 & ~RIGHTS_G);
	fault = switch_ok(&state, &request);
	assert_int_equal(fault.kind, EVENT_EXCEPTION);
	assert_int_equal(fault.vector, EXCEPTION_DEBUG);
	assert_false(fault.has_error_code);
	assert_int_equal(fault.debug_hits, DR6_BT);
	assert_int_equal(state.rip, 0x700);

	/* a segment that cannot be loaded comes first */
	state = prepare();
	put32(NEW_TSS + TRAP, 1);
	put32(NEW_TSS + SEGMENT + 4 * TASK_SS, 0);
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_INVALID_TSS);

	/* the word beside it is the map of ports */
	state = prepare();
	put32(NEW_TSS + TRAP, 0x10000);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
}

static void what_is_no_task(void **unused)
{
	struct task_request request = { .selector = SELECTOR_NEW, .source = TASK_BY_JUMP };
	struct task_state state = prepare(), before = state;
	struct vcpu_event fault;
	struct reason why;

	request.selector = SELECTOR_LDT;
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_INVALID_TSS);
	assert_memory_equal(&state, &before, sizeof(state));
	state.segment[TASK_TR].rights = RIGHTS_LDT;
	assert_int_equal(task_switch(&state, &request, &memory, &fault, &why), ERROR_UNSUPPORTED);
	assert_non_null(strstr(why.text, "type 0x2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(call),
		cmocka_unit_test(jump_and_return),
		cmocka_unit_test(gate_with_error_code),
		cmocka_unit_test(segments_from_the_new_ldt),
		cmocka_unit_test(virtual8086),
		cmocka_unit_test(faults_in_the_new_task),
		cmocka_unit_test(null_data_segments_are_allowed),
		cmocka_unit_test(eip_beyond_the_code_segment),
		cmocka_unit_test(faults_in_the_old_task),
		cmocka_unit_test(debug_trap),
		cmocka_unit_test(what_is_no_task),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
