/* Two small structures in guest memory. */
#include "device/pvclock.h"

#include "lib/bits.h"

#define TSC_STABLE BIT(0) /* flags: the same on all CPUs, never goes back */

/* As guests know them: struct pvclock_vcpu_time_info, struct pvclock_wall_clock. */
struct time_info {
	uint32_t version; /* odd while it is written */
	uint32_t padding;
	uint64_t tsc_timestamp;
	uint64_t system_time;
	uint32_t mul;
	int8_t shift;
	uint8_t flags;
	uint8_t padding2[2];
};
_Static_assert(sizeof(struct time_info) == 32, "paravirtual clock: system time");

struct wall_clock {
	uint32_t version, seconds, nanoseconds;
};
_Static_assert(sizeof(struct wall_clock) == 12, "paravirtual clock: wall clock");

#define WRITTEN 2 /* a version: even, and not that of zeroed memory */

/* Brings the rate into (1 GHz, 2 GHz], so that the factor below 1 has 32 good bits. */
void pvclock_scale(uint64_t rate, uint32_t *mul, int8_t *shift)
{
	int by = 0;

	while (rate > 2 * NANOSECONDS) {
		rate >>= 1;
		by--;
	}
	while (rate <= NANOSECONDS) {
		rate <<= 1;
		by++;
	}
	*mul = (uint32_t)((NANOSECONDS << 32) / rate);
	*shift = (int8_t)by;
}

static bool tell(const struct device_memory *memory, const struct pvclock_moment *moment,
		 uint64_t at)
{
	struct time_info info = {
		.version = WRITTEN,
		.tsc_timestamp = moment->tsc,
		.system_time = moment->now,
		.flags = TSC_STABLE,
	};

	pvclock_scale(moment->tsc_rate, &info.mul, &info.shift);
	return memory->write(memory->context, at, &info, sizeof(info));
}

bool pvclock_set_system_time(struct pvclock *clock, const struct device_memory *memory,
			     const struct pvclock_moment *moment, uint64_t value)
{
	uint64_t at = value & ~(uint64_t)PVCLOCK_ENABLE;

	if (at & 3)
		return false;
	if ((value & PVCLOCK_ENABLE) && !tell(memory, moment, at))
		return false;
	clock->system_time = value;
	return true;
}

void pvclock_update(const struct pvclock *clock, const struct device_memory *memory,
		    const struct pvclock_moment *moment)
{
	/* It was RAM when it was set, and RAM does not go away. */
	if (clock->system_time & PVCLOCK_ENABLE)
		(void)tell(memory, moment, clock->system_time & ~(uint64_t)PVCLOCK_ENABLE);
}

bool pvclock_set_wall_clock(struct pvclock *clock, const struct device_memory *memory,
			    uint64_t wall_seconds, uint64_t value)
{
	const struct wall_clock wall = { .version = WRITTEN, .seconds = (uint32_t)wall_seconds };

	if ((value & 3) || !memory->write(memory->context, value, &wall, sizeof(wall)))
		return false;
	clock->wall_clock = value;
	return true;
}
