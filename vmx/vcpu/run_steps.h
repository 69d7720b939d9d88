/* The steps of an exit that the loop (vmx/vcpu/run.c) and what is done in place of it
 * (vmx/vcpu/run_in_place.c) have in common. Inline, since they are part of nearly every exit. IRQs off, on
 * the bound CPU. */
#ifndef VMX_VCPU_RUN_STEPS_H
#define VMX_VCPU_RUN_STEPS_H

#include "kernel/cpu.h"
#include "kernel/timer_front.h"
#include "vm/vcpu/vcpu_account.h"
#include "vm/vm.h"
#include "vmx/exit/exit_handlers.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/nested.h"
#include "vmx/vcpu/inject.h"
#include "vmx/vcpu/slice.h"
#include "vmx/vcpu/vcpu.h"

/* The nested table has changed since this CPU last entered with it. */
void run_catch_up(struct vmx_vcpu *v, const struct cpu *cpu);

/* Before anything is looked at that cpu->attention tells of. */
static inline void run_pay_attention(struct cpu *cpu)
{
	if (unlikely(cpu_attention()))
		(void)__atomic_exchange_n(&cpu->attention, false, __ATOMIC_SEQ_CST);
}

/* The host's timer, which interrupts for the guest's, the slice's, and the nested table. */
static inline void run_refit(const struct vcpu *vcpu, struct vmx_vcpu *v, const struct cpu *cpu)
{
	struct timer_front *timers = v->slice.timers;

	if (unlikely(vcpu->timer_deadline != timers->guest))
		timer_set_guest(timers, vcpu->timer_deadline);
	if (unlikely(timers->set_for != v->slice.fits))
		slice_refit(v);
	if (unlikely(v->nested_seen != nested_generation(v->nested)))
		run_catch_up(v, cpu);
}

/* What has to be seen to before each entry. */
static inline void run_prepare(const struct vcpu *vcpu, struct vmx_vcpu *v, const struct cpu *cpu)
{
	if (unlikely(events_waiting(vcpu)))
		inject_events(v);
	run_refit(vcpu, v, cpu);
}

/* The row of the tables that an exit belongs to: its basic reason, but for one without a name. */
static inline uint32_t run_row_of(uint32_t reason)
{
	uint32_t basic = exit_reason_basic(reason);

	/* No flag is set, and the name is known. */
	if (likely(reason < VMX_EXIT_REASONS))
		return reason;
	return basic < VMX_EXIT_REASONS ? basic : EXIT_ROW_UNKNOWN;
}

/* What is read of every exit, counted and remembered in the flight recorder. Returns the reason. */
static inline uint32_t run_note(struct vmx_vcpu *v, struct vcpu *vcpu, struct recorder *recorder,
				struct record *record)
{
	uint32_t reason = record->reason; /* written, as RIP is, by v->after_exit */
	uint32_t basic = run_row_of(reason), row = basic;

	v->last.reason = reason;
	v->last.rip = record->rip;
	v->last.row = basic;
	v->last.known = VMX_KNOWN_RIP;
	v->did = NULL;
	if (unlikely(basic == EXIT_REASON_PREEMPTION_TIMER) && slice_goes_on(v)) {
		v->last.known |= VMX_KNOWN_HOST_TIMER;
		row = EXIT_ROW_HOST_TIMER;
	}
	record->value = 0; /* who needs the qualification writes it down, too */
	vcpu_account_exit(vcpu, recorder, record, row);
	return reason;
}

static inline enum vmx_next run_handle(struct vmx_vcpu *v, struct record *record)
{
	vmx_exit_handler handler = vmx_exit_handlers[v->last.row];
	enum vmx_next next = handler ? handler(v) : VMX_LEAVE;

	record->did = v->did;
	return next;
}

#endif
