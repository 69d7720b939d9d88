/* The shortest way from one vCPU's turn to the next. A backend that has a vCPU whose turn is over, and
 * nothing to tell the machine above, asks here whose turn is next, and enters that one's guest: what
 * the scheduler's loop, the ends of two turns and the backend's own way out and in would do one after the
 * other is done at one go, with one reading of the clock. Whenever anything else has to be seen to, the
 * answer is that there is nobody, and the backend leaves run() as ever.
 *
 * IRQs off, in run() of a vCPU that has slices: what comes for this CPU meanwhile waits for the next entry, and
 * ends the guest's time at once. */
#ifndef VM_SCHEDULE_HAND_OVER_H
#define VM_SCHEDULE_HAND_OVER_H

#include "vm/schedule/scheduler_cpu.h"
#include "vm/schedule/turn.h"
#include "vm/schedule/turn_settle.h"
#include "vm/vcpu/turn_account.h"
#include "vm/vm.h"

/* Does anything but the next turn wait for this CPU? `record` is the place of the last exit's: behind it have to be
 * those for two bounds of turns. Chores that an interrupt has called for set the CPU's attention, or, where
 * somebody who was woken went before them, are done at the next look. */
static inline bool hand_over_is_due(const struct scheduler *s, const struct cpu *cpu,
				    const struct recorder *recorder, const struct record *record,
				    uint64_t now)
{
	return likely(!cpu_attention() && !cpu->current.endless && now < s->next_look &&
		      !(s->shares && s->queue.movable) && recorder_goes_on(recorder, record + 2));
}

/* Whose turn is next? Not one's that has a debt to pay: the loop sets its slice. When it is true the queue's lock is taken, until hand_over() or hand_over_decline(). */
static inline bool hand_over_offer(struct scheduler *s, const struct cpu *cpu,
				   const struct recorder *recorder, const struct record *record,
				   uint64_t now, struct vcpu **next)
{
	if (!hand_over_is_due(s, cpu, recorder, record, now))
		return false;
	spinlock_take(&s->lock);
	if (likely(run_queue_next_in_line(&s->queue, next) && (*next)->state == VCPU_READY &&
		   vm_lets_run(*next)))
		return true;
	spinlock_give(&s->lock);
	return false;
}

/* The backend has something to do before it can enter that one. */
static inline void hand_over_decline(struct scheduler *s)
{
	spinlock_give(&s->lock);
}

/* As vcpu_run() has it: Running before the backend looks at what waits for the vCPU. */
static inline void hand_over_states(struct vcpu *vcpu, struct vcpu *next)
{
	__atomic_store_n(&vcpu->state, VCPU_READY, __ATOMIC_RELEASE);
	__atomic_store_n(&next->state, VCPU_RUNNING, __ATOMIC_SEQ_CST);
}

/* Of `most` ticks: the alarm, where it has to be armed for that, costs more than all the rest. */
static inline void hand_over_begin_turn(struct scheduler *s, struct vcpu *vcpu,
					struct record *record, uint64_t most, uint64_t now)
{
	vcpu->slices++;
	turn_open(vcpu, record, now);
	slice_fill(&vcpu->slice, s->slice, now);
	vcpu->slice_ticks = vcpu->slice.left;

	uint64_t until = now + most;

	if (likely(until >= s->armed_for))
		__atomic_store_n(&s->until, until, __ATOMIC_RELAXED);
	else
		turn_set_alarm(s, until);
}

/* The CPU is that of `next`, whom hand_over_offer() named: `vcpu`, whose exit `record` tells of, has been at
 * `row` of its statistics, yields, and waits in line. Returns the record of the new turn, the cost of
 * which is known as the guest is entered. The backend sees to `next->slice_ticks`. */
static inline struct record *hand_over(struct scheduler *s, struct cpu *cpu, struct vcpu *vcpu,
				       struct vcpu *next, struct recorder *recorder,
				       struct record *record, struct statistics_row *row,
				       uint64_t now)
{
	struct record *out = record + 1, *in = record + 2;

	run_queue_rotate(&s->queue, vcpu, next);
	__atomic_store_n(&s->preempt, false, __ATOMIC_RELAXED);
	spinlock_give(&s->lock);
	hand_over_states(vcpu, next);
	cpu->current.vcpu = next;

	record->value = 0;
	record->did = "yielded";
	record->head = vcpu->record_head;
	record->end = now;
	statistics_finish(&vcpu->statistics, row, now - record->time);
	recorder_fill_bound(out, now, record_head_of_kind(vcpu->record_head, RECORD_OUT),
			    TURN_OVER_NAME);
	turn_settle(s, turn_close(vcpu, record->rip, now));
	vcpu->slice.left = 0;
	recorder_fill_bound(in, now, record_head_of_kind(next->record_head, RECORD_IN), NULL);
	hand_over_begin_turn(s, next, in, s->backstop, now);
	recorder_publish_all(recorder, in);
	return in;
}

#endif
