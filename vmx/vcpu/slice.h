/* A vCPU's time slice: vcpu->slice_ticks counts down while the guest runs, by the VMX-preemption
 * timer where the CPU has it, else, or with timer=apic, by a host timer. */
#ifndef VMX_VCPU_SLICE_H
#define VMX_VCPU_SLICE_H

#include "lib/types.h"
#include "kernel/timer_front.h"
#include "vmx/cpu/capability.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"

/* Setup, once the controls are known. */
void slice_choose_timer(struct vmx_vcpu *v);

/* When run() begins, VMCS loaded: anew, or on this CPU's own timer. IRQs off. */
void slice_load(struct vmx_vcpu *v);
void slice_begin_by_host_timer(struct vmx_vcpu *v);
/* And when it returns, in the latter case. */
void slice_end_by_host_timer(struct vmx_vcpu *v);

/* Before an entry after the hardware of this CPU's timers was set anew (timers->set_for is not
 * v->slice.fits). IRQs off. */
void slice_refit(struct vmx_vcpu *v);

/* After an exit of the preemption timer: it was a host timer that ran out, and not the slice. */
bool slice_goes_on(struct vmx_vcpu *v);

/* Before an entry: nothing is left of the slice, that a host timer counts. */
bool slice_is_over_by_host_timer(const struct vmx_vcpu *v);

/* The preemption timer of the VMCS stands where the last exit left it. */
static inline void slice_begin(struct vmx_vcpu *v)
{
	if (unlikely(!v->slice.by_preemption_timer))
		slice_begin_by_host_timer(v);
	else if (v->vcpu->slice_changed)
		slice_load(v);
}

/* The same at `now` for a vCPU whose slices the preemption timer counts, and have an end. A deadline that has
 * just passed is an interrupt that waits for the entry; where an engine holds it back, the flight recorder
 * sees that it is overdue (kernel/recorder.c), as the slice may be too short for the timer to run out. */
static inline void slice_begin_at(struct vmx_vcpu *v, uint64_t now)
{
	uint64_t ticks = vmx_before(v)->slice_ticks;
	uint64_t deadline = v->slice.timers->set_for, ahead = deadline - now;
	uint64_t count = (ahead < ticks ? ahead : ticks) >> vmx_timer_shift(&vmx_capability);

	v->slice.left = ticks;
	v->slice.fits = deadline;
	v->slice.loaded = (uint32_t)count;
	vmcs_store(VMCS_GUEST_PREEMPTION_TIMER, count);
}

static inline void slice_end(struct vmx_vcpu *v)
{
	if (unlikely(!v->slice.by_preemption_timer))
		slice_end_by_host_timer(v);
}

static inline bool slice_is_over(const struct vmx_vcpu *v)
{
	return likely(v->slice.by_preemption_timer) ? !v->vcpu->slice_ticks
						    : slice_is_over_by_host_timer(v);
}

#endif
