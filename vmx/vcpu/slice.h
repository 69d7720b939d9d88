/* A vCPU's time slice: vcpu->slice_ticks counts down while the guest runs, by the VMX-preemption
 * timer where the CPU has it, else, or with timer=apic, by this CPU's local APIC timer. */
#ifndef VMX_VCPU_SLICE_H
#define VMX_VCPU_SLICE_H

#include "lib/types.h"

struct vmx_vcpu;

/* When run() begins, VMCS loaded, and when it returns. IRQs off. */
void slice_begin(struct vmx_vcpu *v);
void slice_end(struct vmx_vcpu *v);

/* Before an entry: nothing is left of the slice. */
bool slice_is_over(const struct vmx_vcpu *v);

#endif
