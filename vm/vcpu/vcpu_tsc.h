/* A guest's own time. */
#ifndef VM_VCPU_VCPU_TSC_H
#define VM_VCPU_VCPU_TSC_H

#include "kernel/time.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* The guest's time stamp counter when time_ticks() is `ticks`, and now. Any CPU. */
static inline uint64_t vcpu_tsc_at(const struct vcpu *vcpu, uint64_t ticks)
{
	return ticks + __atomic_load_n(&vcpu->tsc_offset, __ATOMIC_RELAXED);
}

static inline uint64_t vcpu_guest_tsc(const struct vcpu *vcpu)
{
	return vcpu_tsc_at(vcpu, time_ticks());
}

/* The moment in time_ticks() at which the guest's counter holds `guest_tsc`: 0 when that has passed,
 * UINT64_MAX when it lies beyond the host's counter. Any CPU. */
static inline uint64_t vcpu_guest_tsc_to_ticks(const struct vcpu *vcpu, uint64_t guest_tsc)
{
	uint64_t now = time_ticks(), guest_now = vcpu_tsc_at(vcpu, now);
	uint64_t wait = guest_tsc - guest_now;

	if (unlikely(guest_tsc <= guest_now))
		return 0;
	return unlikely(now + wait < now) ? UINT64_MAX : now + wait;
}

#endif
