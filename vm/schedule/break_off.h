/* The shortest way from the turn of one that runs to that of one that was just woken and goes first: its turn
 * is broken off, and the other's begins, without the scheduler's loop in between. As in vm/schedule/hand_over.h
 * a backend asks, in run() and with IRQs off, when its guest has to be left; whenever anything else has to be
 * seen to, the answer is that there is nobody, and it leaves run() as ever. */
#ifndef VM_SCHEDULE_BREAK_OFF_H
#define VM_SCHEDULE_BREAK_OFF_H

#include "vm/schedule/hand_over.h"
#include "vm/schedule/scheduler.h"

/* Is there nothing to be done for the vCPU before its guest is entered, but that its halt is over? Then it is. */
static inline bool break_off_may_run(struct vcpu *vcpu)
{
	if (likely(atomic_is(&vcpu->to_see_to, VCPU_ONLY_HALTED))) {
		if (unlikely(!scheduler_is_requested(vcpu) && !scheduler_is_woken(vcpu)))
			return false;
	} else if (!atomic_is(&vcpu->to_see_to, 0)) {
		return false;
	}
	if (unlikely(!vm_goes_on(vcpu->vm)))
		return false;
	vcpu->halted = false;
	return true;
}

/* Is there somebody who goes first, and place for the records of two bounds of turns? */
static inline bool break_off_is_wanted(const struct scheduler *s, const struct recorder *recorder)
{
	return __atomic_load_n(&s->preempt, __ATOMIC_RELAXED) && !s->chores_called &&
	       !(s->shares && s->queue.movable) &&
	       likely(recorder_goes_on(recorder, recorder_place(recorder) + 1));
}

/* Who goes first? When it is true the queue's lock is taken, until break_off() or hand_over_decline(). */
static inline bool break_off_offer(struct scheduler *s, const struct recorder *recorder,
				   struct vcpu **next)
{
	if (!break_off_is_wanted(s, recorder))
		return false;
	spinlock_take(&s->lock);
	if (likely(run_queue_goes_first(&s->queue, next) && (*next)->state == VCPU_READY &&
		   break_off_may_run(*next)))
		return true;
	spinlock_give(&s->lock);
	return false;
}

/* The CPU is that of `next`, whom break_off_offer() named; `vcpu`, the end of whose last exit this is, goes on
 * once those that go first had their turns. Returns the record of the new turn, the cost of which is known
 * as the guest is entered. The backend sees to `next->slice_ticks`. */
static inline struct record *break_off(struct scheduler *s, struct cpu *cpu, struct vcpu *vcpu,
				       struct vcpu *next, struct recorder *recorder, uint64_t now)
{
	run_queue_go_before(&s->queue, vcpu, next);
	__atomic_store_n(&s->preempt, false, __ATOMIC_RELAXED);
	__atomic_store_n(&s->alone, false, __ATOMIC_RELAXED);
	s->halted = NULL;
	spinlock_give(&s->lock);
	hand_over_states(vcpu, next);
	cpu->current.vcpu = next;
	cpu->current.endless = cpu->current.log_unattended = false;

	struct record *last = vcpu->record, *out = recorder_place(recorder), *in = out + 1;

	vcpu_account_entry(vcpu, last, now);
	recorder_fill_bound(out, now, record_head_of_kind(vcpu->record_head, RECORD_OUT),
			    TURN_BROKEN_OFF_NAME);
	struct turn_ticks took = turn_close(vcpu, last->rip, now);

	turn_settle(s, took);
	turn_charge(vcpu, took, SLICE_LEFT_TO_GO_ON);
	recorder_fill_bound(in, now, record_head_of_kind(next->record_head, RECORD_IN), NULL);
	hand_over_begin_turn(s, next, in, s->backstop_woken, now);
	recorder_publish_all(recorder, in);
	return in;
}

#endif
