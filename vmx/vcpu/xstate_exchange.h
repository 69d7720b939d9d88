/* The register file's shortest way from one vCPU to the next, where XCR0 is the same for both. */
#ifndef VMX_VCPU_XSTATE_EXCHANGE_H
#define VMX_VCPU_XSTATE_EXCHANGE_H

#include "kernel/cpu.h"
#include "lib/types.h"
#include "vmx/vcpu/vcpu.h"
#include "vmx/vcpu/xstate.h"

/* While this holds the register file of a vCPU is no more than what FXSAVE moves, all else being as after
 * RESET: it has had no other component in XCR0. SSE needs none. */
static inline bool xstate_is_legacy(const struct vmx_vcpu *v)
{
	return v->xcr0_used == XCR0_X87;
}

/* Does the register file go from one to the other without XCR0 having to be changed for that? */
bool xstate_alike(const struct vmx_vcpu *from, const struct vmx_vcpu *to);

/* The same area as XSAVE's, of which FXSAVE writes the legacy region: that its two components are there is to
 * be told to who restores them by XRSTOR. */
static inline void xstate_save_legacy(uint8_t *area)
{
	__asm__ volatile("fxsave64 (%0)" : : "r"(area) : "memory");
	area[XSTATE_LEGACY_SIZE] |= XCR0_X87 | XCR0_SSE;
}

/* Between two that are alike, while the first has this CPU: its own is the XCR0 of both. IRQs off. */
static inline void xstate_exchange(struct cpu *cpu, const struct vmx_vcpu *from,
				   const struct vmx_vcpu *to)
{
	if (to->xcr0 == XCR0_X87) {
		xstate_save_legacy(from->xstate_area);
		__asm__ volatile("fxrstor64 (%0)" : : "r"(to->xstate_area) : "memory");
	} else {
		__asm__ volatile("xsaveopt64 (%2)\n\txrstor64 (%3)"
				 :
				 : "a"(~0u), "d"(~0u), "r"(from->xstate_area), "r"(to->xstate_area)
				 : "memory");
	}
	cpu->extended_state = vmx_before(to);
}

#endif
