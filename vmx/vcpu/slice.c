/* SDM volume 3, "VMX-Preemption Timer": the timer counts down by one each time bit X of the TSC
 * changes, X from IA32_VMX_MISC[4:0]. With "save VMX-preemption timer value" it goes on where it
 * stopped, so that exits in between cost nothing. */
#include "vmx/vcpu/slice.h"

#include "kernel/command_line.h"
#include "kernel/interrupts.h"
#include "kernel/time.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"

/* Where the local APIC timer ends the slices, the preemption timer stands by at this many slices:
 * an engine that holds an interrupt back from a guest that has its own disabled (Bochs 2.7 does)
 * would let that guest run for ever. */
#define STAND_BY_SLICES 4

static bool has_preemption_timer(const struct vmx_vcpu *v)
{
	return (v->controls.pin & PIN_ACTIVATE_PREEMPTION_TIMER) &&
	       (v->controls.exit & EXIT_SAVE_PREEMPTION_TIMER);
}

static bool by_preemption_timer(const struct vmx_vcpu *v)
{
	return command_line.preemption_timer && has_preemption_timer(v);
}

static void set_preemption_timer(uint64_t ticks)
{
	uint64_t count = ticks >> vmx_timer_shift(&vmx_capability);

	vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, count < UINT32_MAX ? count : UINT32_MAX);
}

void slice_begin(struct vmx_vcpu *v)
{
	uint64_t ticks = v->vcpu->slice_ticks;

	if (by_preemption_timer(v)) {
		set_preemption_timer(ticks);
		return;
	}
	if (has_preemption_timer(v))
		set_preemption_timer(ticks * STAND_BY_SLICES);
	v->slice_start = time_ticks();
	lapic_timer_start(time_ticks_to_us(ticks) + 1);
}

void slice_end(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;
	uint64_t used;

	if (by_preemption_timer(v)) {
		vcpu->slice_ticks = vmcs_read(VMCS_GUEST_PREEMPTION_TIMER)
				    << vmx_timer_shift(&vmx_capability);
		return;
	}
	lapic_timer_stop();
	used = time_ticks() - v->slice_start;
	vcpu->slice_ticks = used < vcpu->slice_ticks ? vcpu->slice_ticks - used : 0;
}

bool slice_is_over(const struct vmx_vcpu *v)
{
	if (by_preemption_timer(v))
		return !v->vcpu->slice_ticks;
	return time_ticks() - v->slice_start >= v->vcpu->slice_ticks;
}
