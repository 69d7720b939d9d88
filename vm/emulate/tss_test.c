/* Task switches to and from tasks with a 16-bit task-state segment: what it holds, what it does not, and
 * how wide an error code is. */
#include "tests/host/task_machine.h"

/* Offsets in a 16-bit TSS. */
enum { IP16 = 14, FLAGS16 = 16, GPR16 = 18, SEGMENT16 = 34, LDT16 = 42 };

/* The descriptor at SELECTOR_TSS16 is a 16-bit TSS at NEW_TSS, with registers of its own. */
static struct task_state prepare16(void)
{
	struct task_state state = prepare();

	memset(machine.memory + NEW_TSS, 0, 0x68);
	describe(SELECTOR_TSS16, NEW_TSS, 0x2b, TYPE_TSS16_AVAILABLE | RIGHTS_P);
	put16(NEW_TSS + IP16, 0x700);
	put16(NEW_TSS + FLAGS16, RFLAGS_CF);
	for (unsigned i = 0; i < 8; i++)
		put16(NEW_TSS + GPR16 + 2 * i, (uint16_t)(0xe000 + i));
	put16(NEW_TSS + GPR16 + 2 * RSP, STACK);
	for (unsigned i = TASK_ES; i <= TASK_DS; i++)
		put16(NEW_TSS + SEGMENT16 + 2 * i, i == TASK_CS ? SELECTOR_CODE : SELECTOR_DATA);
	return state;
}

static void to_a_16bit_task(void **unused)
{
	struct task_state state = prepare16();
	struct task_request request = { .selector = SELECTOR_TSS16,
					.source = TASK_BY_CALL,
					.next_rip = 0x10507 };

	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	/* the old task is a 32-bit one, and saved as such */
	assert_int_equal(get32(OLD_TSS + EIP), 0x10507);
	assert_int_equal(get16(NEW_TSS + LINK), SELECTOR_OLD);
	assert_int_equal(type_of(SELECTOR_TSS16), TYPE_TSS16_BUSY);
	assert_int_equal(state.segment[TASK_TR].rights & RIGHTS_TYPE, TYPE_TSS16_BUSY);
	assert_int_equal(state.rip, 0x700);
	assert_int_equal(state.rflags, RFLAGS_FIXED | RFLAGS_CF | RFLAGS_NT);
	assert_int_equal(state.gpr[RDI], 0xe007);
	/* it has no CR3, FS and GS */
	assert_int_equal(state.cr3, 0x11000);
	assert_true(state.segment[TASK_FS].rights & RIGHTS_UNUSABLE);
	assert_true(state.segment[TASK_GS].rights & RIGHTS_UNUSABLE);
	assert_false(state.segment[TASK_DS].rights & RIGHTS_UNUSABLE);

	/* an LDT it has, and may be too short by one byte */
	state = prepare16();
	put16(NEW_TSS + LDT16, SELECTOR_LDT);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.segment[TASK_LDTR].base, LDT);
	state = prepare16();
	describe(SELECTOR_TSS16, NEW_TSS, 0x2a, TYPE_TSS16_AVAILABLE | RIGHTS_P);
	assert_int_equal(switch_ok(&state, &request).vector, EXCEPTION_INVALID_TSS);
}

static void from_a_16bit_task(void **unused)
{
	struct task_state state = prepare();
	struct task_request request = { .selector = SELECTOR_NEW,
					.source = TASK_BY_IRET,
					.next_rip = 0x50507 };

	describe(SELECTOR_OLD, OLD_TSS, 0x2b, TYPE_TSS16_BUSY | RIGHTS_P);
	describe(SELECTOR_NEW, NEW_TSS, 0x67, RIGHTS_BUSY_TSS);
	state.segment[TASK_TR].rights = TYPE_TSS16_BUSY | RIGHTS_P;
	state.rflags |= RFLAGS_NT;
	put16(OLD_TSS + LDT16, 0x5a5a);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(get16(OLD_TSS + IP16), 0x0507);
	assert_int_equal(get16(OLD_TSS + FLAGS16), RFLAGS_FIXED | RFLAGS_IF);
	assert_int_equal(get16(OLD_TSS + GPR16 + 2 * RDI), 7);
	assert_int_equal(get16(OLD_TSS + SEGMENT16 + 2 * TASK_DS), SELECTOR_DATA);
	/* nothing behind the segments is written */
	assert_int_equal(get16(OLD_TSS + LDT16), 0x5a5a);
	assert_int_equal(type_of(SELECTOR_OLD), TYPE_TSS16_AVAILABLE);
	assert_int_equal(state.cr3, 0x22000);
}

static void error_code_of_16_bits(void **unused)
{
	struct task_state state = prepare16();
	struct task_request request = {
		.selector = SELECTOR_TSS16,
		.source = TASK_BY_GATE,
		.has_error_code = true,
		.error_code = 0x18,
	};

	put32(STACK - 4, 0x77777777);
	assert_int_equal(switch_ok(&state, &request).kind, EVENT_NONE);
	assert_int_equal(state.gpr[RSP], STACK - 2);
	assert_int_equal(get32(STACK - 4), 0x00187777);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_a_16bit_task),
		cmocka_unit_test(from_a_16bit_task),
		cmocka_unit_test(error_code_of_16_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
