/* The hot loop: enter, exit, handle, enter again, until an exit needs the machine above. What it
 * does per exit is counted in instructions (docs/performance.md), so it reads only what every exit
 * needs and writes to the VMCS only what changed. SDM volume 3, "VM Entries" and "VM Exits". */
#include "kernel/command_line.h"
#include "kernel/cpu.h"
#include "kernel/interrupts.h"
#include "kernel/time.h"
#include "kernel/timer_front.h"
#include "lib/string.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vm/vm.h"
#include "vmx/backend.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/apicv.h"
#include "vmx/vcpu/entry.h"
#include "vmx/vcpu/entry_failure.h"
#include "vmx/exit/exit_decode.h"
#include "vmx/exit/exit_fields.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/vcpu/inject.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/cpu/percpu.h"
#include "vmx/vcpu/run_answered.h"
#include "vmx/vcpu/run_steps.h"
#include "vmx/vcpu/slice.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/xstate.h"
#include "x86/control_registers.h"
#include "x86/exception.h"
#include "x86/instructions.h"

/* --- handlers of the loop's own exits -------------------------------------------------------- */

/* The host's timer interrupts for the guest's, too; and a turn may begin late. */
static void look_at_guest_timer(struct vmx_vcpu *v)
{
	if (unlikely(v->vcpu->timer_deadline <= time_ticks()))
		v->vcpu->interrupts->timer_due(v->vcpu);
}

/* The hardware has acknowledged the interrupt. If it was a kick or the end of a slice, the loop
 * sees need_resched before it enters again. */
enum vmx_next vmx_handle_external_interrupt(struct vmx_vcpu *v)
{
	uint32_t info = (uint32_t)vmcs_read(VMCS_EXIT_INTERRUPTION_INFO);

	if (info & INTERRUPTION_VALID)
		interrupt_dispatch(info & INTERRUPTION_VECTOR_MASK);
	look_at_guest_timer(v);
	v->did = "host interrupt handled";
	return VMX_RESUME;
}

cold_fn enum vmx_next vmx_handle_exception_or_nmi_nmi(struct vmx_vcpu *v)
{
	/* Through the IDT, for its IRET: until one executes, the CPU holds further NMIs back. */
	__asm__ volatile("int %0" : : "i"(VECTOR_NMI) : "memory");
	v->did = "host NMI handled";
	return VMX_RESUME;
}

/* inject_events() sees what waits, and opens the window again if it still has to. */
enum vmx_next vmx_handle_interrupt_window(struct vmx_vcpu *v)
{
	vmx_set_primary(v, v->controls.primary & ~(uint32_t)PRIMARY_INTERRUPT_WINDOW_EXITING);
	v->did = "window open";
	return VMX_RESUME;
}

enum vmx_next vmx_handle_nmi_window(struct vmx_vcpu *v)
{
	vmx_set_primary(v, v->controls.primary & ~(uint32_t)PRIMARY_NMI_WINDOW_EXITING);
	v->did = "window open";
	return VMX_RESUME;
}

/* Nothing holds them back here. A timer's may have been for the guest's own timer or for the slice. */
void vmx_take_host_interrupts(struct vmx_vcpu *v)
{
	interrupts_enable();
	cpu_relax(); /* the instruction after STI is still shielded */
	interrupts_disable();
	if (v->slice.timers->set_for <= time_ticks())
		timer_run_due();
	look_at_guest_timer(v);
	slice_refit(v);
}

/* A slice that is over is the machine's above. For a host timer the interrupt is most likely pending
 * by now. */
enum vmx_next vmx_handle_preemption_timer(struct vmx_vcpu *v)
{
	if (vmx_debug_is_hit(&v->debug))
		return VMX_LEAVE;
	if (!(v->last.known & VMX_KNOWN_HOST_TIMER))
		return VMX_LEAVE;
	vmx_take_host_interrupts(v);
	v->did = "host timer handled";
	return VMX_RESUME;
}

/* --- the loop -------------------------------------------------------------------------------- */

/* Who wants to know of each exit, or to do something before each entry, gets them all in the loop. So
 * does the first entry: until it has worked, the entry code does not know how to repeat it. */
static inline void choose_after_exit(struct vmx_vcpu *v, const struct vcpu *vcpu)
{
	bool all = vcpu->watcher || v->debug.active || command_line.preflight || !v->launched ||
		   !vcpu->quick;

	v->after_exit = all ? exit_not_short : exit_short;
}

/* Everything that must be this vCPU's before it can be entered on this CPU. None of it changes
 * while the loop runs, XCR0 excepted: vmx_write_xcr0() sees to that. */
static inline void arrive(struct vmx_vcpu *v, const struct vcpu *vcpu, const struct cpu *cpu)
{
	const struct vmx_percpu *percpu = cpu->backend;

	/* Mostly one that had the last turn here has the next. */
	if (percpu->current != v)
		vmx_make_current(v);
	if (percpu->resident != v)
		vmx_make_resident(v);
	xstate_enter(v);
	slice_begin(v);
	if (unlikely(vcpu->timer_deadline != TIMER_NEVER))
		look_at_guest_timer(v);
	v->nested = vcpu->vm->nested;
	v->nested_seen = nested_enter(v->nested, cpu->index);
	v->recorder = cpu->recorder;
	v->in_loop = true;
	choose_after_exit(v, vcpu);
}

/* Who did without the loop may come back without it, too: vmx/vcpu/hand_over.c. */
static inline void leave(struct vmx_vcpu *v, const struct cpu *cpu)
{
	if (unlikely(v->resident.breakpoints))
		resident_reclaim_breakpoints(v);
	v->in_loop = false;
	if (v->after_exit != exit_short)
		v->after_exit = exit_untold;
	slice_end(v);
	nested_leave(v->nested, cpu->index);
	v->nested_seen = 0;
}

/* Into the guest and back. After an error `exit` tells why the guest was not entered. `*record` is that
 * of the exit before, the vCPU's, and becomes that of the new exit; `*whose` becomes whose exit it is. */
static inline enum error enter(struct vmx_vcpu **whose, struct recorder *recorder,
			       struct record **record, struct vcpu_exit *exit)
{
	struct vmx_vcpu *v = *whose;
	struct vcpu *vcpu = v->vcpu;

	if (unlikely(command_line.preflight)) {
		enum error error = entry_preflight(v, exit);
		if (error)
			return error;
	}
	vcpu_account_entry(vcpu, *record, read_tsc());
	enum vmx_result result =
		unlikely(v->debug.active) ? vmx_debug_enter(v) : vmx_enter(vcpu, v);
	/* Other vCPUs may have had their turns meanwhile. */
	v = *whose = vmx_percpu_here()->current;
	vcpu = v->vcpu;
	if (unlikely(result != VMX_SUCCEED))
		return entry_refused(v, result, exit);
	if (likely(v->noted)) {
		*record = vcpu->record;
		return ERROR_NONE;
	}
	*record = recorder_place(recorder); /* its time is there already */
	uint32_t reason = run_note(v, vcpu, recorder, *record);
	if (unlikely(reason & EXIT_REASON_ENTRY_FAILURE)) {
		v->last.vectoring = 0;
		return entry_failed(v, exit);
	}
	if (unlikely(!v->launched)) {
		v->launched = true;
		choose_after_exit(v, vcpu);
	}
	v->last.vectoring = (uint32_t)vmcs_read(VMCS_IDT_VECTORING_INFO);
	if (unlikely(v->last.vectoring & INTERRUPTION_VALID))
		inject_save_interrupted(v);
	return ERROR_NONE;
}

/* Handles a watched exit: decoded first, since handling changes what it was about. */
static cold_fn enum vmx_next handle_watched(struct vmx_vcpu *v, struct record *record,
					    struct vcpu_exit *exit)
{
	struct vcpu *vcpu = v->vcpu;
	enum vmx_next next;

	vmx_exit_decode(v, exit);
	vcpu->watcher->exit(vcpu, exit);
	next = run_handle(v, record);
	if (next == VMX_RESUME && vcpu->watcher->handled)
		vcpu->watcher->handled(vcpu, exit, v->did ? v->did : "resumed");
	return next;
}

/* What there is to be done about the exit, unless it has been. */
static inline enum vmx_next answer(struct vmx_vcpu *v, struct record *record,
				   struct vcpu_exit *exit)
{
	if (v->noted) {
		v->noted = false;
		return v->next;
	}
	return unlikely(v->vcpu->watcher) ? handle_watched(v, record, exit) : run_handle(v, record);
}

/* HLT is frequent, and has nothing that would have to be taken apart. */
static void tell_halt(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	exit->kind = VCPU_EXIT_HLT;
	exit->raw_reason = v->last.reason;
	exit->qualification = 0;
	exit->rip = vmx_exit_rip(v);
	exit->length = vmx_exit_length(v);
}

/* Turns the last exit into what run() returns. */
static void hand_up(struct vmx_vcpu *v, enum vmx_next next, struct vcpu_exit *exit)
{
	bool plain = !v->vcpu->watcher && !v->debug.active;

	if (plain && next == VMX_LEAVE_YIELD) {
		exit->kind = VCPU_EXIT_PAUSE; /* which is over */
		return;
	}
	if (plain && v->last.reason == EXIT_REASON_HLT)
		tell_halt(v, exit);
	else if (!v->vcpu->watcher)
		vmx_exit_decode(v, exit);
	if (next == VMX_LEAVE_TRIPLE_FAULT)
		exit->kind = VCPU_EXIT_TRIPLE_FAULT;
	else if (next == VMX_LEAVE_ANSWERED)
		exit->kind = VCPU_EXIT_ANSWERED;
}

/* Why the loop must not enter again: a kick, or without preemption timer the end of the slice. That
 * has no exit of its own, and who watches is told of it here. */
static void resched(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	const struct vcpu_watcher *watcher = v->vcpu->watcher;
	bool over = slice_is_over(v);

	exit->kind = over ? VCPU_EXIT_TIME_SLICE : VCPU_EXIT_KICKED;
	exit->raw_reason = 0;
	if (over && watcher) {
		*exit = (struct vcpu_exit) { .kind = VCPU_EXIT_TIME_SLICE };
		exit->rip = vmcs_read(VMCS_GUEST_RIP);
		watcher->exit(v->vcpu, exit);
	}
}

/* An event injected from above was a triple fault: told like the exit that the CPU would make. */
static cold_fn void shut_down(struct vmx_vcpu *v, struct vcpu_exit *exit)
{
	struct vcpu *vcpu = v->vcpu;

	*exit = (struct vcpu_exit) {
		.kind = VCPU_EXIT_TRIPLE_FAULT,
		.raw_reason = EXIT_REASON_TRIPLE_FAULT,
		.rip = vmcs_read(VMCS_GUEST_RIP),
	};
	struct record *record = recorder_place(this_cpu()->recorder);

	vcpu_account_entry(vcpu, vcpu->record, read_tsc());
	record->time = read_tsc();
	record->value = 0;
	record->reason = exit->raw_reason;
	record->rip = exit->rip;
	vcpu_account_exit(vcpu, this_cpu()->recorder, record, EXIT_REASON_TRIPLE_FAULT);
	if (vcpu->watcher)
		vcpu->watcher->exit(vcpu, exit);
}

enum error vmx_vcpu_run(struct vcpu **whose, struct vcpu_exit *exit)
{
	struct vcpu *vcpu = *whose;
	struct vmx_vcpu *v = vmx_of(vcpu);
	struct cpu *cpu = this_cpu();
	struct recorder *recorder = cpu->recorder;
	struct record *record = vcpu->record;
	enum error error = ERROR_NONE;
	enum vmx_next next = VMX_RESUME;

	if (unlikely(v->apic_access_ends))
		apicv_take_page_away(v);
	interrupts_disable();
	arrive(v, vcpu, cpu);
	if (unlikely(vcpu->events.shut_down)) {
		shut_down(v, exit);
		goto out;
	}
	if (slice_is_over(v)) {
		resched(v, exit);
		goto out;
	}
	do {
		run_pay_attention(cpu);
		/* With interrupts off a kick that comes now is pending, and ends the guest's time
		 * as soon as it is entered: none is lost. */
		if (unlikely(__atomic_load_n(&cpu->need_resched, __ATOMIC_RELAXED))) {
			resched(v, exit);
			goto out;
		}
		if (unlikely(v->debug.active) && vmx_debug_step_over(v, exit))
			goto out;
		if (events_waiting(vcpu))
			run_inject(vcpu, v);
		run_refit(vcpu, v, cpu);
		error = enter(&v, recorder, &record, exit);
		vcpu = v->vcpu;
		if (unlikely(error))
			goto out;
		next = answer(v, record, exit);
	} while (likely(next == VMX_RESUME));
	hand_up(v, next, exit);
out:
	*whose = v->vcpu;
	leave(v, cpu);
	interrupts_enable();
	return error;
}
