/* The ends of exits that boards act on. */
#include "vm/vcpu/vcpu_finish.h"

#include "kernel/time.h"
#include "x86/exception.h"

void vcpu_finish_msr_read(struct vcpu *vcpu, uint64_t value)
{
	vcpu->gpr[RAX] = (uint32_t)value;
	vcpu->gpr[RDX] = value >> 32;
	vcpu_skip_instruction(vcpu);
}

void vcpu_finish_msr_write(struct vcpu *vcpu)
{
	vcpu_skip_instruction(vcpu);
}

enum error vcpu_raise_protection(struct vcpu *vcpu)
{
	static const struct vcpu_event fault = { .kind = EVENT_EXCEPTION,
						 .vector = EXCEPTION_PROTECTION,
						 .has_error_code = true };

	vcpu->did = "injected #GP";
	return vcpu_inject(vcpu, &fault);
}

uint64_t vcpu_guest_tsc(const struct vcpu *vcpu)
{
	return time_ticks() + __atomic_load_n(&vcpu->tsc_offset, __ATOMIC_RELAXED);
}

uint64_t vcpu_guest_tsc_to_ticks(const struct vcpu *vcpu, uint64_t guest_tsc)
{
	uint64_t now = time_ticks(), guest_now = vcpu_guest_tsc(vcpu);

	if (guest_tsc <= guest_now)
		return 0;
	return guest_tsc - guest_now > UINT64_MAX - now ? UINT64_MAX
							: now + (guest_tsc - guest_now);
}
