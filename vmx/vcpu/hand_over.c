/* A vCPU that executes PAUSE while others wait gives its CPU away: from its exit, right into the guest of the
 * next in line, without the loop of either (vmx/vcpu/run.c) and without the machine above having been
 * left and entered again. What arrive() and leave() do there is done here, but only what differs from one
 * vCPU to the next. When anything is in the way the answer is null, nothing has been done, and the exit
 * goes to the loop.
 *
 * A vCPU is entered so when it was in the loop of this CPU before, and left it with nothing to be done as it
 * comes back: then after_exit is still exit_short(). HOST_RSP of its VMCS is then the same as the
 * present one's, as one call of scheduler_run() enters both, at the same depth of the stack.
 *
 * This file is compiled with a calling convention of its own (Makefile): all registers belong to it, as
 * vmx/vcpu/entry.asm has stored the guest's. */
#include "vmx/vcpu/hand_over.h"

#include "kernel/cpu.h"
#include "kernel/timer_front.h"
#include "vm/schedule/break_off.h"
#include "vm/schedule/hand_over.h"
#include "vm/vcpu/vcpu_interrupts.h"
#include "vmx/cpu/percpu.h"
#include "vmx/exit/instruction_end.h"
#include "vmx/instructions.h"
#include "vmx/nested.h"
#include "vmx/vcpu/inject.h"
#include "vmx/vcpu/run_answered.h"
#include "vmx/vcpu/run_steps.h"
#include "vmx/vcpu/resident.h"
#include "vmx/vcpu/slice.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/xstate.h"
#include "vmx/vcpu/xstate_exchange.h"
#include "x86/instructions.h"

static inline void move_nested(struct vmx_vcpu *from, struct vmx_vcpu *to, const struct cpu *cpu)
{
	uint64_t seen = from->nested_seen;

	if (unlikely(from->nested != to->nested)) {
		nested_leave(from->nested, cpu->index);
		seen = nested_enter(to->nested, cpu->index);
	}
	to->nested_seen = seen;
	if (unlikely(seen != nested_generation(to->nested)))
		run_catch_up(to, cpu);
}

/* The deadline of the guest's timer, which may have come while it waited. */
static noinline_fn void move_timer(struct vcpu *vcpu, struct timer_front *timers, uint64_t now)
{
	if (vcpu->timer_deadline <= now)
		vcpu->interrupts->timer_due(vcpu);
	timer_set_guest(timers, vcpu->timer_deadline);
}

/* And what waits for its guest, which may have changed the deadline once more. */
static noinline_fn void move_events(struct vcpu *vcpu, struct vmx_vcpu *v, const struct cpu *cpu)
{
	run_inject(vcpu, v);
	if (unlikely(vcpu->timer_deadline != v->slice.timers->guest))
		run_refit(vcpu, v, cpu);
}

static inline void make_current(struct vmx_percpu *percpu, struct vmx_vcpu *to)
{
	if (likely(vmx_load_region(&to->region_hpa)))
		percpu->current = to;
	else
		vmx_make_current(to); /* and say why it cannot be */
}

static noinline_fn void exchange_all(struct vmx_vcpu *from, struct vmx_vcpu *to)
{
	if (from->resident.breakpoints)
		resident_reclaim_breakpoints(from);
	vmx_make_current(to);
	vmx_make_resident(to);
	xstate_enter(to);
}

/* The CPU's state becomes that of `to`. */
static inline void move_in(struct vmx_vcpu *from, struct vmx_vcpu *to, struct cpu *cpu, bool alike,
			   uint64_t now)
{
	struct vmx_percpu *percpu = cpu->backend;
	struct vcpu *vcpu = vmx_before(to);

	if (likely(alike)) {
		make_current(percpu, to);
		if (unlikely(!to->same_msrs))
			resident_exchange_msrs(from, to);
		resident_exchange(percpu, from, to);
		xstate_exchange(cpu, from, to);
	} else {
		exchange_all(from, to);
	}
	if (unlikely(vcpu->timer_deadline != to->slice.timers->guest))
		move_timer(vcpu, to->slice.timers, now);
	slice_begin_at(to, now);
	move_nested(from, to, cpu);
	from->in_loop = false;
	to->in_loop = true;
	if (unlikely(events_waiting(vcpu)))
		move_events(vcpu, to, cpu);
}

/* Can it be entered so? */
static inline bool is_ready(const struct vmx_vcpu *v)
{
	return v->after_exit == exit_short && v->slice.by_preemption_timer;
}

/* Into the guest of `to`, whose turn has begun at `now`, and `turn` says so. */
static inline noreturn_fn void go_in(struct vmx_vcpu *from, struct vmx_vcpu *to, struct cpu *cpu,
				     bool alike, struct record *turn, uint64_t now)
{
	struct vcpu *vcpu = vmx_before(to);

	move_in(from, to, cpu, alike, now);
	/* Where the next exit finds whose it is. */
	*(struct vcpu **)to->host_rsp = vcpu;
	turn->end = read_tsc();
	statistics_finish(&vcpu->statistics, &vcpu->statistics.turns, turn->end - now);
	enter_other(vcpu);
}

void hand_over_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	struct cpu *cpu = this_cpu();
	struct scheduler *s = cpu->scheduler;
	struct recorder *recorder = v->recorder;
	struct record *record = recorder_place(recorder);
	struct vcpu *next;

	if (unlikely(!vmx_ends_plainly()))
		return;

	uint64_t now = read_tsc();

	if (unlikely(!hand_over_offer(s, cpu, recorder, record, now, &next)))
		return;

	struct vmx_vcpu *to = vmx_behind(next);
	bool alike = resident_alike(cpu->backend, v, to);

	if (unlikely(!alike && !is_ready(to))) {
		hand_over_decline(s);
		return;
	}
	vmx_pass_instruction(v, record->rip);
	struct statistics_row *row = statistics_begin(&vcpu->statistics, EXIT_REASON_PAUSE);
	struct record *turn = hand_over(s, cpu, vcpu, next, recorder, record, row, now);

	go_in(v, to, cpu, alike, turn, now);
}

/* --- a turn that is broken off ------------------------------------------------------------------ */

/* Of `next`, who was named by break_off_offer(). */
static noinline_fn void break_off_for(struct vcpu *next)
{
	struct cpu *cpu = this_cpu();
	struct scheduler *s = cpu->scheduler;
	struct vcpu *vcpu = (struct vcpu *)this_cpu_vcpu();
	struct vmx_vcpu *v = vmx_behind(vcpu), *to = vmx_behind(next);
	bool alike = resident_alike(cpu->backend, v, to);

	if (unlikely(!alike && !is_ready(to))) {
		hand_over_decline(s);
		return;
	}
	/* Before all that a later kick may be sent for is looked at again. */
	__atomic_store_n(&cpu->need_resched, false, __ATOMIC_SEQ_CST);
	v->noted = false;

	uint64_t now = read_tsc();
	struct record *turn = break_off(s, cpu, vcpu, next, v->recorder, now);

	go_in(v, to, cpu, alike, turn, now);
}

/* The exit has been dealt with, and the loop is to look why this CPU was wanted: for one that was woken, most
 * likely. */
void break_off_in_place(struct vcpu *vcpu, struct vmx_vcpu *v)
{
	if (unlikely(!v->noted || v->next != VMX_RESUME || v->apic_access_ends))
		return;

	struct vcpu *next;

	if (likely(break_off_offer(this_cpu()->scheduler, v->recorder, &next)))
		break_off_for(next);
}
