/* What the end of a turn means to its CPU and to the vCPU's slice, whichever way the turn ends. Inline, for the
 * short ways from one turn to the next. */
#ifndef VM_SCHEDULE_TURN_SETTLE_H
#define VM_SCHEDULE_TURN_SETTLE_H

#include "lib/atomic.h"
#include "vm/schedule/run_loop.h"
#include "vm/schedule/scheduler_cpu.h"
#include "vm/vcpu/turn_account.h"

/* What the turn took belongs to this CPU, too. */
static inline void turn_settle(struct scheduler *s, struct vcpu *vcpu, enum turn_end end,
			       struct turn_ticks took)
{
	s->now = took.end;
	atomic_count(&s->guest_ticks, took.guest);
	atomic_count(&s->exit_ticks, took.plinth);
	/* One that was alone has taken no time that somebody else waited for. */
	if (end == TURN_OVER || vcpu->slice_ticks == SLICE_ENDLESS) {
		vcpu->slice.left = 0;
		return;
	}
	/* While somebody watches, exits wait for the log. */
	slice_use(&vcpu->slice, took.guest, unlikely(vcpu->watcher) ? 0 : took.plinth);
	/* It goes on before those that wait: its turn is over then as soon as it begins. */
	if (end == TURN_BROKEN_OFF && unlikely(!vcpu->slice.left))
		vcpu->slice.left = 1;
}

#endif
