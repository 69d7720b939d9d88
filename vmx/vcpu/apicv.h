/* Hardware's help with a guest's local APIC, where the CPU has it and the command line does not
 * refuse it: reads of its registers and changes of its task priority need no exit, and writes exit
 * with the value in the page. Where the CPU has virtual-interrupt delivery too, and does it right
 * (vmx/vcpu/apicv_probe.h), it takes interrupts from the page and ends them there, without exit but
 * for the end of level-triggered ones; else they are injected. SDM volume 3, "APIC Virtualization and Virtual Interrupts". */
#ifndef VMX_VCPU_APICV_H
#define VMX_VCPU_APICV_H

#include "lib/error.h"
#include "lib/types.h"
#include "vmx/cpu/controls.h"
#include "vmx/vcpu/vcpu.h"

/* At setup, controls resolved and VMCS loaded: decides whether this vCPU is helped, and says so to
 * the VMCS. Without an error it may do without. */
enum error apicv_setup(struct vmx_vcpu *v, struct reason *why) must_check;
void apicv_release(struct vmx_vcpu *v);

/* After a write of IA32_APIC_BASE. */
void apicv_set_mode(struct vmx_vcpu *v);

/* Out of the run loop, when v->apic_access_ends says so. Interrupts on. */
void apicv_take_page_away(struct vmx_vcpu *v);

/* Before an entry, after requests or the priority may have changed, and unless the hardware delivers:
 * what the priority has to fall below for the guest to be interrupted. One that is above the priority
 * would fail the entry. */
void apicv_set_threshold(struct vmx_vcpu *v, unsigned threshold);

/* Does the hardware deliver the interrupts of this vCPU's local APIC now? */
static inline bool apicv_delivers(const struct vmx_vcpu *v)
{
	return v->controls.secondary & SECONDARY_VIRTUAL_INTERRUPT_DELIVERY;
}
/* Tells it what is requested and in service, after either may have changed in the page. VMCS
 * loaded. */
void apicv_request(struct vmx_vcpu *v);

#endif
