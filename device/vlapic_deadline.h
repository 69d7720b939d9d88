/* What a guest with a TSC-deadline timer writes most, inline: the deadline. SDM volume 3, "TSC-Deadline
 * Mode". */
#ifndef DEVICE_VLAPIC_DEADLINE_H
#define DEVICE_VLAPIC_DEADLINE_H

#include "device/vlapic_internal.h"

/* vlapic_set_tsc_deadline() without the call of timer_changed(), which the caller stands for. False:
 * nothing has changed, as the timer has another mode. */
static inline bool vlapic_arm_tsc_deadline(struct vlapic *lapic, uint64_t deadline)
{
	if (unlikely(lapic->timer.mode != TIMER_TSC_DEADLINE))
		return false;
	lapic->timer.tsc_deadline = deadline;
	return true;
}

/* Does vlapic_deadline() then give the deadline? */
static inline bool vlapic_awaits_tsc_deadline(const struct vlapic *lapic)
{
	return lapic->timer.tsc_deadline &&
	       likely(!(vlapic_get(lapic, VLAPIC_LVT_TIMER) & LVT_MASKED));
}

#endif
