/* The shortest way from the turn of one that runs to that of one that was just woken and goes first: its turn
 * is broken off, and the other's begins, without the scheduler's loop in between. As in vm/schedule/hand_over.h
 * a backend asks, in run() and with IRQs off, when its guest has to be left; whenever anything else has to be
 * seen to, the answer is that there is nobody, and it leaves run() as ever. */
#ifndef VM_SCHEDULE_BREAK_OFF_H
#define VM_SCHEDULE_BREAK_OFF_H

#include "vm/schedule/hand_over.h"
#include "vm/schedule/scheduler.h"

/* Is there nothing to be done for the vCPU before its guest is entered, but that its halt is over? */
static inline bool break_off_may_run(struct vcpu *vcpu)
{
	if (likely(vcpu->halted &&
		   (likely(scheduler_is_requested(vcpu)) || scheduler_is_woken(vcpu))))
		vcpu->halted = false;
	return vm_lets_run(vcpu);
}

/* Who goes first, or null. Unless it is, the queue's lock is taken, until break_off() or
 * hand_over_decline(). */
static inline struct vcpu *break_off_offer(struct scheduler *s)
{
	if (!__atomic_load_n(&s->preempt, __ATOMIC_RELAXED) || s->chores_called ||
	    (s->shares && s->queue.movable))
		return NULL;
	spinlock_take(&s->lock);

	struct vcpu *next = run_queue_goes_first(&s->queue);

	if (likely(next && next->state == VCPU_READY && break_off_may_run(next)))
		return next;
	spinlock_give(&s->lock);
	return NULL;
}

static inline void break_off_end_turn(struct scheduler *s, struct vcpu *vcpu, uint64_t now)
{
	struct record *record = vcpu->record;

	vcpu_account_entry(vcpu, record, now);
	(void)recorder_put(s->cpu->recorder, now,
			   record_head_of_kind(vcpu->record_head, RECORD_OUT), 0, 0,
			   TURN_BROKEN_OFF_NAME);
	turn_settle(s, vcpu, TURN_BROKEN_OFF, turn_close(vcpu, record->rip, now));
}

/* The CPU is that of `next`, whom break_off_offer() named; `vcpu`, the end of whose last exit this is, goes on
 * once those that go first had their turns. Returns the record of the new turn, the cost of which is known
 * as the guest is entered. The backend sees to `next->slice_ticks`. */
static inline struct record *break_off(struct scheduler *s, struct cpu *cpu, struct vcpu *vcpu,
				       struct vcpu *next, uint64_t now)
{
	run_queue_go_before(&s->queue, vcpu, next);
	__atomic_store_n(&s->preempt, false, __ATOMIC_RELAXED);
	__atomic_store_n(&s->alone, false, __ATOMIC_RELAXED);
	s->halted = NULL;
	spinlock_give(&s->lock);
	hand_over_states(vcpu, next);
	cpu->current.vcpu = next;
	cpu->current.endless = cpu->current.log_unattended = false;

	break_off_end_turn(s, vcpu, now);
	struct record *in = recorder_put(
		cpu->recorder, now, record_head_of_kind(next->record_head, RECORD_IN), 0, 0, NULL);

	hand_over_begin_turn(s, next, in, now);
	return in;
}

#endif
