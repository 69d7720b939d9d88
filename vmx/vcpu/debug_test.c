/* What is lent to a debugger for an entry, over a VMCS of memory and a CPU that this test plays. Steps go by
 * the monitor trap flag, which no engine of the system tests has, and by RFLAGS.TF: they end in the same
 * places, and leave nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#undef assert
#include "vmx/instructions.h"
#include "x86/instructions.h"

/* --- a VMCS, and an MSR --------------------------------------------------------------------- */

static uint64_t fields[0x8000];
static uint64_t fmask;

static uint64_t field_of(enum vmcs_field field)
{
	return fields[field];
}

static void set_field(enum vmcs_field field, uint64_t value)
{
	fields[field] = value;
}

static uint64_t fmask_of(uint32_t index)
{
	return fmask;
}

static void set_fmask(uint32_t index, uint64_t value)
{
	fmask = value;
}

#define vmcs_read  field_of
#define vmcs_write set_field
#define read_msr   fmask_of
#define write_msr  set_fmask
#include "vmx/vcpu/debug.c"

/* --- the backend around it ------------------------------------------------------------------- */

#define START    0x1000u
#define HANDLER  0x8000u
#define LENGTH   3u
#define OWN_TIME 777u
#define FLAGS    (RFLAGS_FIXED | RFLAGS_IF)

/* Only its address is taken. */
#pragma weak exit_untold

bool vmx_monitor_trap_works;
static struct vcpu vcpu;
static struct vmx_vcpu backend;
static unsigned raised, injected;

void panic(const char *format, ...)
{
	fail_msg("%s", format);
	abort();
}

void vmread_failed(enum vmcs_field field)
{
	abort();
}

void vmwrite_failed(enum vmcs_field field)
{
	abort();
}

void vmx_set_primary(struct vmx_vcpu *v, uint32_t value)
{
	v->controls.primary = value;
}

void vmx_set_exceptions(struct vmx_vcpu *v, uint32_t bitmap)
{
	set_field(VMCS_EXCEPTION_BITMAP, bitmap);
}

void vmx_read_breakpoints(uint64_t dr[4], uint64_t *dr6)
{
}

void vmx_write_breakpoints(const uint64_t dr[4], uint64_t dr6)
{
}

bool resident_intercepts_breakpoints(const struct vmx_vcpu *v)
{
	return false;
}

void vmx_debug_exception_taken(struct vmx_vcpu *v, uint64_t hits)
{
	assert_int_equal(hits, DR6_BS);
}

enum vmx_next vmx_raise(struct vmx_vcpu *v, uint8_t vector, uint32_t code)
{
	assert_int_equal(vector, EXCEPTION_DEBUG);
	raised++;
	return VMX_RESUME;
}

void inject_events(struct vmx_vcpu *v)
{
	injected++;
	set_field(VMCS_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID);
}

/* --- a CPU ----------------------------------------------------------------------------------- */

static enum vmx_result (*entry)(void); /* what the next one does */
static uint64_t flags_in_guest, fmask_in_guest, exceptions_in_guest;

enum vmx_result vmx_enter(struct vcpu *whose, struct vmx_vcpu *v)
{
	assert_ptr_equal(v, &backend);
	flags_in_guest = field_of(VMCS_GUEST_RFLAGS);
	fmask_in_guest = fmask;
	exceptions_in_guest = field_of(VMCS_EXCEPTION_BITMAP);
	return entry();
}

static bool monitor_trap(void)
{
	return backend.controls.primary & PRIMARY_MONITOR_TRAP_FLAG;
}

static void trap_exits(void)
{
	assert_true(exceptions_in_guest & BIT(EXCEPTION_DEBUG));
	set_field(VMCS_EXIT_REASON, EXIT_REASON_EXCEPTION_OR_NMI);
	set_field(VMCS_EXIT_INTERRUPTION_INFO,
		  INTERRUPTION_VALID | EXCEPTION_DEBUG |
			  field_put(INTERRUPTION_TYPE_MASK, INTERRUPTION_HARDWARE_EXCEPTION));
	set_field(VMCS_EXIT_QUALIFICATION, DR6_BS);
}

/* SDM volume 3, "Monitor Trap Flag": a VM exit is pending on the boundary behind the instruction, or before the
 * first one of a handler to which the entry delivers an event. A single-step trap is not that early. */
static enum vmx_result executes(void)
{
	bool event = field_of(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID;

	set_field(VMCS_GUEST_RIP, event ? HANDLER : field_of(VMCS_GUEST_RIP) + LENGTH);
	set_field(VMCS_ENTRY_INTERRUPTION_INFO, 0);
	set_field(VMCS_EXIT_INTERRUPTION_INFO, 0);
	if (monitor_trap())
		set_field(VMCS_EXIT_REASON, EXIT_REASON_MONITOR_TRAP_FLAG);
	else if (event && !field_of(VMCS_GUEST_PREEMPTION_TIMER))
		set_field(VMCS_EXIT_REASON, EXIT_REASON_PREEMPTION_TIMER);
	else if (!event && (flags_in_guest & RFLAGS_TF))
		trap_exits();
	else
		fail_msg("the guest ran on");
	return VMX_SUCCEED;
}

/* The instruction exits, and is not executed. */
static enum vmx_result exits(void)
{
	set_field(VMCS_EXIT_REASON, EXIT_REASON_CPUID);
	return VMX_SUCCEED;
}

static enum vmx_result fails(void)
{
	return VMX_FAIL_VALID;
}

static void step(enum vmx_result (*how)(void), enum step_kind kind)
{
	entry = how;
	backend.debug.wanted.next.kind = kind;
	(void)vmx_debug_enter(&backend);
}

/* As it was before the step, but for where the guest is. */
static void nothing_is_left(uint64_t flags, uint64_t own_fmask)
{
	assert_false(monitor_trap());
	assert_int_equal(field_of(VMCS_GUEST_RFLAGS), flags);
	assert_int_equal(field_of(VMCS_EXCEPTION_BITMAP), backend.exceptions);
	assert_int_equal(field_of(VMCS_GUEST_PREEMPTION_TIMER), OWN_TIME);
	assert_int_equal(fmask, own_fmask);
}

static void begin(bool by_monitor_trap, uint64_t flags)
{
	memset(fields, 0, sizeof(fields));
	vcpu = (struct vcpu) { 0 };
	backend = (struct vmx_vcpu) { .vcpu = &vcpu, .exceptions = BIT(EXCEPTION_PROTECTION) };
	backend.controls.pin = PIN_ACTIVATE_PREEMPTION_TIMER;
	backend.debug.wanted = (struct vcpu_debug) { .on = true, .step = true };
	backend.debug.active = true;
	vmx_monitor_trap_works = by_monitor_trap;
	raised = injected = 0;
	fmask = RFLAGS_TF | RFLAGS_IF;
	set_field(VMCS_GUEST_RIP, START);
	set_field(VMCS_GUEST_RFLAGS, flags);
	set_field(VMCS_GUEST_PREEMPTION_TIMER, OWN_TIME);
}

/* --- either way ------------------------------------------------------------------------------- */

static void a_step_is_one_instruction(void **state)
{
	for (int way = 0; way < 2; way++) {
		begin(way, FLAGS);
		step(executes, STEP_PLAIN);
		assert_true(backend.debug.hit.step);
		assert_int_equal(field_of(VMCS_GUEST_RIP), START + LENGTH);
		nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
		assert_true(vmx_debug_holds_interrupts(&backend));
	}
}

static void a_step_may_deliver_an_event(void **state)
{
	for (int way = 0; way < 2; way++) {
		begin(way, FLAGS);
		set_field(VMCS_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID);
		step(executes, STEP_PLAIN);
		assert_true(backend.debug.hit.step);
		assert_int_equal(field_of(VMCS_GUEST_RIP), HANDLER);
		nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
	}
}

/* What Plinth carries out ends the step when RIP has moved; what it does not is stepped again. */
static void an_exit_is_no_step(void **state)
{
	for (int way = 0; way < 2; way++) {
		struct vcpu_exit exit;

		begin(way, FLAGS);
		step(exits, STEP_PLAIN);
		assert_false(vmx_debug_is_hit(&backend.debug));
		nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
		assert_false(vmx_debug_step_over(&backend, &exit));
		set_field(VMCS_GUEST_RIP, START + 2);
		assert_true(vmx_debug_step_over(&backend, &exit));
		assert_int_equal(exit.kind, VCPU_EXIT_DEBUG);
		assert_int_equal(exit.rip, START + 2);
		set_field(VMCS_GUEST_RIP, START);
		step(executes, STEP_PLAIN);
		assert_true(backend.debug.hit.step);
	}
}

static void an_entry_that_fails_leaves_nothing(void **state)
{
	for (int way = 0; way < 2; way++) {
		begin(way, FLAGS);
		step(fails, STEP_SYSCALL);
		assert_false(vmx_debug_is_hit(&backend.debug));
		nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
	}
}

static void without_a_step_the_guest_runs(void **state)
{
	for (int way = 0; way < 2; way++) {
		begin(way, FLAGS);
		backend.debug.wanted.step = false;
		step(exits, STEP_PLAIN);
		assert_int_equal(flags_in_guest, FLAGS);
		assert_int_equal(exceptions_in_guest,
				 backend.exceptions | BIT(EXCEPTION_BREAKPOINT));
		assert_false(vmx_debug_holds_interrupts(&backend));
	}
}

/* --- the monitor trap flag -------------------------------------------------------------------- */

/* Whatever the instruction makes of flags, it makes of the guest's own. */
static void the_monitor_trap_lends_no_flag(void **state)
{
	static const enum step_kind kinds[] = { STEP_PLAIN, STEP_SAVES_FLAGS, STEP_LOADS_FLAGS,
						STEP_INTERRUPT, STEP_SYSCALL };

	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		begin(true, FLAGS | RFLAGS_TF);
		step(executes, kinds[i]);
		assert_int_equal(flags_in_guest, FLAGS | RFLAGS_TF);
		assert_int_equal(fmask_in_guest, RFLAGS_TF | RFLAGS_IF);
		assert_int_equal(exceptions_in_guest,
				 backend.exceptions | BIT(EXCEPTION_BREAKPOINT));
		assert_true(backend.debug.hit.step);
		/* The guest's own trap waits in the VMCS for the next entry. */
		assert_int_equal(raised + injected, 0);
		nothing_is_left(FLAGS | RFLAGS_TF, RFLAGS_TF | RFLAGS_IF);
	}
}

/* --- RFLAGS.TF -------------------------------------------------------------------------------- */

static void the_trap_flag_is_lent(void **state)
{
	begin(false, FLAGS);
	step(executes, STEP_PLAIN);
	assert_int_equal(flags_in_guest, FLAGS | RFLAGS_TF);
	assert_int_equal(exceptions_in_guest, UINT32_MAX);
	assert_int_equal(raised, 0);
	/* The trap is the guest's, too, when it steps itself. */
	begin(false, FLAGS | RFLAGS_TF);
	step(executes, STEP_PLAIN);
	assert_int_equal(raised, 1);
	nothing_is_left(FLAGS | RFLAGS_TF, RFLAGS_TF | RFLAGS_IF);
}

static void syscall_traps_and_saves_the_guests_flag(void **state)
{
	begin(false, FLAGS);
	vcpu.gpr[R11] = FLAGS | RFLAGS_TF;
	step(executes, STEP_SYSCALL);
	assert_int_equal(fmask_in_guest, RFLAGS_IF);
	assert_int_equal(vcpu.gpr[R11], FLAGS);
	nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
}

static void an_int_is_delivered_as_an_event(void **state)
{
	begin(false, FLAGS);
	backend.debug.wanted.next = (struct step_instruction) { STEP_INTERRUPT, 0x80, 2 };
	step(executes, STEP_INTERRUPT);
	assert_int_equal(injected, 1);
	assert_int_equal(field_of(VMCS_GUEST_RIP), HANDLER);
	assert_true(backend.debug.hit.step);
	nothing_is_left(FLAGS, RFLAGS_TF | RFLAGS_IF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_step_is_one_instruction),
		cmocka_unit_test(a_step_may_deliver_an_event),
		cmocka_unit_test(an_exit_is_no_step),
		cmocka_unit_test(an_entry_that_fails_leaves_nothing),
		cmocka_unit_test(without_a_step_the_guest_runs),
		cmocka_unit_test(the_monitor_trap_lends_no_flag),
		cmocka_unit_test(the_trap_flag_is_lent),
		cmocka_unit_test(syscall_traps_and_saves_the_guests_flag),
		cmocka_unit_test(an_int_is_delivered_as_an_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
