/* A vCPU's time slice: vcpu->slice_ticks counts down while the guest runs, by the VMX-preemption
 * timer where the CPU has it, else, or with timer=apic, by a host timer. */
#ifndef VMX_VCPU_SLICE_H
#define VMX_VCPU_SLICE_H

#include "lib/types.h"

struct vmx_vcpu;

/* When run() begins, VMCS loaded, and when it returns. IRQs off. */
void slice_begin(struct vmx_vcpu *v);
void slice_end(struct vmx_vcpu *v);

/* Before an entry after this CPU's host timers changed (timer_next() is not v->slice.fits). IRQs off. */
void slice_refit(struct vmx_vcpu *v);

/* After an exit of the preemption timer: it was a host timer that ran out, and not the slice. */
bool slice_goes_on(struct vmx_vcpu *v);

/* Before an entry: nothing is left of the slice. */
bool slice_is_over(const struct vmx_vcpu *v);

#endif
