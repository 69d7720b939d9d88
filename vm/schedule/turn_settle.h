/* What the end of a turn means to its CPU and to the vCPU's slice, whichever way the turn ends. Inline, for the
 * short ways from one turn to the next. */
#ifndef VM_SCHEDULE_TURN_SETTLE_H
#define VM_SCHEDULE_TURN_SETTLE_H

#include "lib/atomic.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/vcpu/turn_account.h"

/* What the turn took belongs to this CPU, too. */
static inline void turn_settle(struct scheduler *s, struct turn_ticks took)
{
	s->now = took.end;
	atomic_count(&s->guest_ticks, took.guest);
	atomic_count(&s->exit_ticks, took.plinth);
}

/* It is taken off the slice of a vCPU that nobody watches: what Plinth did on its guest's behalf is its time as well.
 * One that was alone has taken no time that somebody else waited for. `least`: see slice_use(). */
static inline void turn_charge(struct vcpu *vcpu, struct turn_ticks took, uint64_t least)
{
	if (vcpu->slice_ticks == SLICE_ENDLESS)
		vcpu->slice.left = 0;
	else
		slice_use(&vcpu->slice, took.guest + took.plinth, least);
}

#endif
