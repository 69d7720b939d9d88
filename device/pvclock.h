/* The paravirtual clock that KVM made common: a guest names a place in its memory, and finds there
 * how to turn its TSC into nanoseconds; another place tells when that time began. Linux, "KVM-specific
 * MSRs" (MSR_KVM_SYSTEM_TIME_NEW, MSR_KVM_WALL_CLOCK_NEW). The TSC of this machine does not change
 * its rate, so what is written once stays true. Pure. */
#ifndef DEVICE_PVCLOCK_H
#define DEVICE_PVCLOCK_H

#include "device/chip.h"
#include "lib/types.h"

#define PVCLOCK_ENABLE 1u /* bit 0 of the system time register; the rest is the address */

/* One vCPU's registers. */
struct pvclock {
	uint64_t system_time; /* as written */
	uint64_t wall_clock;
};

/* The moment that the clock is set at, and the rate of the guest's TSC. */
struct pvclock_moment {
	device_time now;
	uint64_t tsc;      /* the guest's, at that moment */
	uint64_t tsc_rate; /* ticks a second */
};

/* WRMSR to the two registers. False, and nothing changed, when the address is no RAM or not aligned
 * to four bytes: #GP. `wall_seconds`: since 1970, at the VM's time 0. */
bool pvclock_set_system_time(struct pvclock *clock, const struct device_memory *memory,
			     const struct pvclock_moment *moment, uint64_t value);
bool pvclock_set_wall_clock(struct pvclock *clock, const struct device_memory *memory,
			    uint64_t wall_seconds, uint64_t value);

/* The guest wrote its TSC: what it was told is told anew. */
void pvclock_update(const struct pvclock *clock, const struct device_memory *memory,
		    const struct pvclock_moment *moment);

/* ns = ((tsc << shift, or >> -shift) * mul) >> 32. 1 <= rate. */
void pvclock_scale(uint64_t rate, uint32_t *mul, int8_t *shift);

#endif
