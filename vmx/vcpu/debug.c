/* What is lent to a debugger for the time of an entry. SDM volume 3, "Debug Exceptions",
 * "Monitor Trap Flag" and "VMX-Preemption Timer". */
#include "vmx/vcpu/debug.h"

#include "kernel/panic.h"
#include "lib/bits.h"
#include "vm/vm.h"
#include "vmx/cpu/controls.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_handlers.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/entry.h"
#include "vmx/vcpu/inject.h"
#include "vmx/vcpu/interruptibility.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/msr.h"

#define ALL_EXCEPTIONS UINT32_MAX
#define DR7_ENABLE(n)  BITS(2 * (n) + 1, 2 * (n))

/* --- debug registers ------------------------------------------------------------------------ */

/* The host runs with DR7 clear, so the others may change in any order. */
static void lend_registers(struct vmx_vcpu *v)
{
	struct vmx_debug_loan *loan = &v->debug.loan;

	vmx_read_breakpoints(loan->dr, &loan->dr6);
	loan->dr7 = vmcs_read(VMCS_GUEST_DR7);
	vmx_write_breakpoints(v->debug.wanted.address, DR6_RESET);
	vmcs_write(VMCS_GUEST_DR7, v->debug.wanted.dr7 | DR7_RESET);
	/* The guest's own accesses find its own values, back in their place by then. */
	vmx_set_primary(v, v->controls.primary | (uint32_t)PRIMARY_MOV_DR_EXITING);
}

static void take_back_registers(struct vmx_vcpu *v)
{
	const struct vmx_debug_loan *loan = &v->debug.loan;

	vmx_write_breakpoints(loan->dr, loan->dr6);
	vmcs_write(VMCS_GUEST_DR7, loan->dr7);
	if (!resident_intercepts_breakpoints(v))
		vmx_set_primary(v, v->controls.primary & ~(uint32_t)PRIMARY_MOV_DR_EXITING);
}

/* --- the trap flag --------------------------------------------------------------------------- */

/* Blocking by STI holds back interrupts only, of which none is taken; an entry with TF and either
 * blocking wants the trap pending, which MOV SS then delays by its one instruction: SDM volume 3,
 * "Checks on Guest Non-Register State". */
static void reconcile_blocking(void)
{
	uint64_t blocking = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);

	if (blocking & BLOCKING_BY_STI)
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, blocking & ~BLOCKING_BY_STI);
	if (blocking & BLOCKING_BY_MOV_SS)
		vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
}

static void lend_trap_flag(struct vmx_vcpu *v)
{
	struct vmx_debug_loan *loan = &v->debug.loan;
	uint64_t rflags = vmcs_read(VMCS_GUEST_RFLAGS);

	loan->trap_flag = true;
	loan->guest_trap_flag = rflags & RFLAGS_TF;
	vmcs_write(VMCS_GUEST_RFLAGS, rflags | RFLAGS_TF);
	reconcile_blocking();
	loan->syscall = v->debug.wanted.next.kind == STEP_SYSCALL;
	if (!loan->syscall)
		return;
	/* With TF masked, SYSCALL would end without a trap. */
	loan->fmask = read_msr(MSR_FMASK);
	write_msr(MSR_FMASK, loan->fmask & ~RFLAGS_TF);
}

/* What the flags would be had TF never been lent. `executed`: the instruction was. */
static void take_back_trap_flag(struct vmx_vcpu *v, bool executed)
{
	struct vmx_debug_loan *loan = &v->debug.loan;
	uint64_t rflags = vmcs_read(VMCS_GUEST_RFLAGS), pending, own = RFLAGS_TF;

	if (loan->syscall)
		write_msr(MSR_FMASK, loan->fmask);
	if (loan->syscall && executed) {
		uint64_t *saved = &v->vcpu->gpr[R11];

		*saved = (*saved & ~RFLAGS_TF) | (loan->guest_trap_flag ? RFLAGS_TF : 0);
		own &= ~loan->fmask;
	}
	if (!executed || v->debug.wanted.next.kind != STEP_LOADS_FLAGS)
		vmcs_write(VMCS_GUEST_RFLAGS,
			   (rflags & ~RFLAGS_TF) | (loan->guest_trap_flag ? own : 0));
	/* A MOV SS was carried out, and its trap waits: the step is over by RIP. */
	pending = vmcs_read(VMCS_GUEST_PENDING_DEBUG);
	if ((pending & PENDING_DEBUG_BS) && !loan->guest_trap_flag)
		vmcs_write(VMCS_GUEST_PENDING_DEBUG, pending & ~PENDING_DEBUG_BS);
}

/* --- steps ----------------------------------------------------------------------------------- */

bool vmx_debug_holds_interrupts(const struct vmx_vcpu *v)
{
	return v->debug.active && v->debug.wanted.step;
}

/* INT n as an event: its delivery makes the checks that the instruction would. */
static void inject_software_interrupt(struct vmx_vcpu *v)
{
	struct step_instruction *next = &v->debug.wanted.next;
	const struct vcpu_event event = {
		.kind = EVENT_SOFTWARE_INTERRUPT,
		.vector = next->vector,
		.instruction_length = next->length,
	};
	bool triple_fault = false;
	struct reason why;

	if (vcpu_events_queue(&v->vcpu->events, &event, &triple_fault, &why))
		panic("vm %u vcpu %u: INT %u cannot be stepped: %s", v->vcpu->vm->id, v->vcpu->id,
		      next->vector, why.text);
	next->kind = STEP_PLAIN;
	inject_events(v);
}

static bool event_is_due(void)
{
	return vmcs_read(VMCS_ENTRY_INTERRUPTION_INFO) & INTERRUPTION_VALID;
}

static void begin_step(struct vmx_vcpu *v)
{
	struct vmx_debug *d = &v->debug;

	if (!d->stepping) {
		d->stepping = true;
		d->step_rip = vmcs_read(VMCS_GUEST_RIP);
	}
	if (vmx_monitor_trap_works) {
		vmx_set_primary(v, v->controls.primary | (uint32_t)PRIMARY_MONITOR_TRAP_FLAG);
		return;
	}
	vmx_set_exceptions(v, ALL_EXCEPTIONS);
	if (d->wanted.next.kind == STEP_INTERRUPT && !event_is_due())
		inject_software_interrupt(v);
	if (!event_is_due()) {
		lend_trap_flag(v);
		return;
	}
	d->loan.event = v->controls.pin & PIN_ACTIVATE_PREEMPTION_TIMER;
	if (d->loan.event) {
		d->loan.timer = vmcs_read(VMCS_GUEST_PREEMPTION_TIMER);
		vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, 0);
	}
}

/* The guest steps itself too: the trap that came to the debugger is its own as well. One on top of a
 * waiting event cannot be: the step would not have ended here. */
static void trap_for_guest(struct vmx_vcpu *v)
{
	vmx_debug_exception_taken(v, DR6_BS);
	if (vmx_raise(v, EXCEPTION_DEBUG, 0) != VMX_RESUME)
		panic("vm %u vcpu %u: a single-step trap shuts down", v->vcpu->vm->id, v->vcpu->id);
}

static void end_step(struct vmx_vcpu *v)
{
	struct vmx_debug *d = &v->debug;

	if (d->loan.trap_flag)
		take_back_trap_flag(v, d->hit.step);
	if (d->loan.guest_trap_flag && d->hit.step)
		trap_for_guest(v);
	if (d->loan.event)
		vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, d->loan.timer);
	if (vmx_monitor_trap_works)
		vmx_set_primary(v, v->controls.primary & ~(uint32_t)PRIMARY_MONITOR_TRAP_FLAG);
}

/* --- the entry ------------------------------------------------------------------------------- */

static void read_exception(struct vmx_debug *d)
{
	uint32_t info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);
	uint64_t type = field_get(info, INTERRUPTION_TYPE_MASK), qualification;
	unsigned vector = (unsigned)field_get(info, INTERRUPTION_VECTOR_MASK);

	if (!(info & INTERRUPTION_VALID))
		return;
	d->hit.int3 = vector == EXCEPTION_BREAKPOINT && type == INTERRUPTION_SOFTWARE_EXCEPTION;
	if (vector != EXCEPTION_DEBUG || type != INTERRUPTION_HARDWARE_EXCEPTION)
		return;
	qualification = vmcs_read(VMCS_EXIT_QUALIFICATION);
	for (unsigned i = 0; i < DEBUG_BREAKPOINTS; i++)
		if ((qualification & DR6_B(i)) && (d->wanted.dr7 & DR7_ENABLE(i)))
			d->hit.hits |= (uint8_t)BIT(i);
	d->hit.step = d->loan.trap_flag && (qualification & DR6_BS);
}

static void read_hit(struct vmx_debug *d)
{
	switch ((uint32_t)vmcs_read(VMCS_EXIT_REASON)) {
	case EXIT_REASON_EXCEPTION_OR_NMI:
		read_exception(d);
		break;
	case EXIT_REASON_MONITOR_TRAP_FLAG:
		d->hit.step = true;
		break;
	case EXIT_REASON_PREEMPTION_TIMER:
		d->hit.step = d->loan.event;
		break;
	default:
		break;
	}
}

enum vmx_result vmx_debug_enter(struct vmx_vcpu *v)
{
	struct vmx_debug *d = &v->debug;
	bool registers = d->wanted.dr7;

	d->hit = (struct vcpu_debug_hit) { 0 };
	d->loan = (struct vmx_debug_loan) { 0 };
	vmx_set_exceptions(v, v->exceptions | (uint32_t)BIT(EXCEPTION_BREAKPOINT));
	if (d->wanted.step)
		begin_step(v);
	if (registers)
		lend_registers(v);
	enum vmx_result result = vmx_enter(v->vcpu, v);
	if (result == VMX_SUCCEED)
		read_hit(d);
	if (registers)
		take_back_registers(v);
	if (d->wanted.step)
		end_step(v);
	vmx_set_exceptions(v, v->exceptions);
	return result;
}

bool vmx_debug_step_over(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	struct vmx_debug *d = &v->debug;
	uint64_t rip = vmcs_read(VMCS_GUEST_RIP);

	if (!d->wanted.step || !d->stepping || rip == d->step_rip)
		return false;
	*exit = (struct vcpu_exit) { .kind = VCPU_EXIT_DEBUG, .rip = rip };
	exit->debug.step = true;
	return true;
}

/* --- asking for it --------------------------------------------------------------------------- */

enum error vmx_vcpu_set_debug(struct vcpu *vcpu, const struct vcpu_debug *debug, struct reason *why)
{
	struct vmx_vcpu *v = vmx_of(vcpu);

	if (debug->dr7 && !(v->resolved.may_be_one[CONTROL_PRIMARY] & PRIMARY_MOV_DR_EXITING))
		return reason_set(
			why, ERROR_UNSUPPORTED,
			"this CPU cannot intercept a guest's accesses to its debug registers");
	v->debug.wanted = *debug;
	v->debug.active = debug->on || debug->step || debug->dr7;
	v->debug.stepping = false;
	v->debug.hit = (struct vcpu_debug_hit) { 0 };
	vmx_enter_by_run(v);
	return ERROR_NONE;
}
