/* The clock input of a chip: how many ticks of N Hz have passed at a time of the VM, and when a tick
 * comes. Exact for every device_time: whole seconds and the rest are turned separately, so that
 * nothing is rounded twice, nothing drifts and no product leaves 64 bits. Tick 0 is at time 0. Pure. */
#ifndef DEVICE_CLOCK_H
#define DEVICE_CLOCK_H

#include "device/chip.h"
#include "lib/types.h"

#define CLOCK_MAX_HZ NANOSECONDS /* the fastest clock that these can tell the ticks of */

/* The number of the last tick at or before `at`. 1 <= hz <= CLOCK_MAX_HZ. */
static inline uint64_t clock_ticks(device_time at, uint64_t hz)
{
	return at / NANOSECONDS * hz + at % NANOSECONDS * hz / NANOSECONDS;
}

/* The first time at which `tick` has come: the least `t` with clock_ticks(t, hz) >= tick;
 * DEVICE_NEVER when that is past the end of time. */
static inline device_time clock_time(uint64_t tick, uint64_t hz)
{
	uint64_t seconds = tick / hz;
	uint64_t rest = (tick % hz * NANOSECONDS + hz - 1) / hz;

	if (seconds > (DEVICE_NEVER - rest) / NANOSECONDS)
		return DEVICE_NEVER;
	return seconds * NANOSECONDS + rest;
}

/* The time of the tick that is `ticks` after the last one; at least one tick. Never wraps. */
static inline device_time clock_time_after(device_time now, uint64_t ticks, uint64_t hz)
{
	uint64_t last = clock_ticks(now, hz);

	return ticks > UINT64_MAX - last ? DEVICE_NEVER : clock_time(last + ticks, hz);
}

#endif
