/* The x87, SSE and AVX registers of vCPUs. Plinth's own code uses none of them, so the register
 * file stays with the vCPU that ran last on a CPU (cpu->extended_state) until another one is about
 * to run there, and XCR0, which is of no use to Plinth either, with them.
 *
 * IA32_XSS stays 0: no supervisor component is shown to guests, so XSAVE's standard format holds
 * all there is. A CPU without XSAVE gets FXSAVE. SDM volume 1, "Managing State Using the XSAVE
 * Feature Set". */
#ifndef VMX_VCPU_XSTATE_H
#define VMX_VCPU_XSTATE_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/policy/cpuid_policy.h"
#include "vm/vcpu/vcpu.h"
#include "x86/control_registers.h"

struct vmx_vcpu;

enum xstate_method { XSTATE_FXSAVE, XSTATE_XSAVE, XSTATE_XSAVEOPT };

struct xstate_layout {
	enum xstate_method method;
	uint64_t components; /* XCR0 bits that are switched, and that a guest may set */
	uint32_t size;       /* bytes of an area in standard format */
	/* Where the upper parts of vector registers 0 to 15 lie in it, and the others; 0: there are
	 * none. */
	uint32_t ymm_offset, zmm_offset, hi16_offset;
};

/* What this CPU has of what Plinth honours. Pure. */
void xstate_layout(cpuid_reader host, struct xstate_layout *layout);

#define XSTATE_LEGACY_SIZE 512u
#define XSTATE_HEADER_SIZE 64u

/* Fills an area with the state after RESET: SDM volume 3, "x87 FPU State Following Power-up, Reset
 * or INIT". Pure. */
void xstate_reset_image(const struct xstate_layout *layout, uint8_t *area);

/* Vector register `reg` (0 to 31) in an area. What there is not reads as zero, and what is written to
 * it gets lost. Not written `whole`, only the lowest 16 bytes change. From VCPU_MMX on they are the MMX
 * registers: writing one does to the x87 state what an MMX instruction does. Pure. */
void xstate_get_vector(const struct xstate_layout *layout, const uint8_t *area, unsigned reg,
		       uint8_t *value);
void xstate_set_vector(const struct xstate_layout *layout, uint8_t *area, unsigned reg,
		       const uint8_t *value, bool whole);

/* The x87 and SSE state of an area as FXSAVE64 writes it: XSTATE_LEGACY_SIZE bytes. Pure. */
void xstate_get_legacy(const struct xstate_layout *layout, const uint8_t *area, uint8_t *image);

/* An image that XSAVEC made of the components XSTATE_PROBED while the upper half of vector register
 * 0 held ones: does it keep to SDM volume 1, "Compacted Format of the XSAVE Area"? Pure. */
#define XSTATE_PROBED (XCR0_X87 | XCR0_SSE | XCR0_AVX)
bool xstate_is_compacted(const uint8_t *image);

/* --- on the machine ------------------------------------------------------------------------- */

/* The one of this machine; constant after xstate_init(), which runs on the bootstrap processor. */
extern struct xstate_layout xstate_host_layout;
void xstate_init(void);

/* Does XSAVEC, where this machine has it, keep to the compacted format? Constant after
 * xstate_probe(), which runs on the bootstrap processor, with CR4.OSXSAVE set where the CPU has it
 * and before any vCPU exists. */
extern bool xstate_compacts;
void xstate_probe(void);

/* When run() begins, and after the guest's XCR0 changed in it; IRQs off: this CPU's register file
 * and XCR0 become the vCPU's. */
void xstate_enter(struct vmx_vcpu *v);

/* A vector register of a vCPU, by way of its area. On the CPU that the vCPU is bound to. */
enum error vmx_vcpu_get_vector(struct vcpu *vcpu, unsigned reg, uint8_t *value);
enum error vmx_vcpu_set_vector(struct vcpu *vcpu, unsigned reg, const uint8_t *value, bool whole);

/* The same for a whole x87 and SSE state. */
void vmx_vcpu_get_fpu(struct vcpu *vcpu, uint8_t *image);

/* Writes the vCPU's registers back to its area if this CPU holds them; XCR0 becomes the host's. */
void xstate_evict(struct vmx_vcpu *v);

#endif
