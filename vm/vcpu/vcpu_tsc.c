/* The guest's counter is the host's plus an offset. */
#include "vm/vcpu/vcpu_tsc.h"

uint64_t vcpu_guest_tsc_to_ticks(const struct vcpu *vcpu, uint64_t guest_tsc)
{
	uint64_t now = time_ticks(), guest_now = vcpu_tsc_at(vcpu, now);

	if (guest_tsc <= guest_now)
		return 0;
	return guest_tsc - guest_now > UINT64_MAX - now ? UINT64_MAX
							: now + (guest_tsc - guest_now);
}
