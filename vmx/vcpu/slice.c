/* SDM volume 3, "VMX-Preemption Timer": the timer counts down by one each time bit X of the TSC
 * changes, X from IA32_VMX_MISC[4:0]. With "save VMX-preemption timer value" it goes on where it
 * stopped, so that exits in between cost nothing. */
#include "vmx/vcpu/slice.h"

#include "kernel/command_line.h"
#include "kernel/time.h"
#include "kernel/timer_front.h"
#include "lib/bits.h"
#include "vmx/cpu/capability.h"
#include "vmx/cpu/controls.h"
#include "vmx/cpu/percpu.h"
#include "vmx/exit/exit_reason.h"
#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"
#include "x86/instructions.h"

/* Where the local APIC timer ends the slices, the preemption timer stands by at this many slices:
 * an engine that holds an interrupt back from a guest that has its own disabled (Bochs 2.7 does)
 * would let that guest run for ever. */
#define STAND_BY_SLICES   4
/* And so long where a slice has no end. */
#define STAND_BY_ALONE_US 400000

static bool has_preemption_timer(const struct vmx_vcpu *v)
{
	return (v->controls.pin & PIN_ACTIVATE_PREEMPTION_TIMER) &&
	       (v->controls.exit & EXIT_SAVE_PREEMPTION_TIMER);
}

void slice_choose_timer(struct vmx_vcpu *v)
{
	v->slice.by_preemption_timer = command_line.preemption_timer && has_preemption_timer(v);
}

/* The VMCS's timer runs out at the end of the slice or, when that comes first, when this CPU's timer is to
 * interrupt: an engine may hold the interrupt back (see above). Without either it runs for as long as
 * it can, and then goes on. */
static inline void load(struct vmx_vcpu *v)
{
	unsigned shift = vmx_timer_shift(&vmx_capability);
	uint64_t deadline = v->slice.timers->set_for, now = read_tsc();
	uint64_t count = v->slice.left >> shift;
	/* Rounded up: at or after the deadline. */
	uint64_t until = (deadline > now ? (deadline - now) >> shift : 0) + 1;

	if (until < count)
		count = until;
	v->slice.fits = deadline;
	v->slice.loaded = count < UINT32_MAX ? (uint32_t)count : UINT32_MAX;
	vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, v->slice.loaded);
}

/* Takes off what the timer has counted since it was loaded. */
static inline void take_off(struct vmx_vcpu *v)
{
	uint32_t value;
	uint64_t used;

	if (v->slice.left == SLICE_ENDLESS)
		return;
	value = (uint32_t)vmcs_read(VMCS_GUEST_PREEMPTION_TIMER);
	used = (uint64_t)(v->slice.loaded - value) << vmx_timer_shift(&vmx_capability);
	v->slice.left -= used < v->slice.left ? used : v->slice.left;
	v->slice.loaded = value;
}

void slice_refit(struct vmx_vcpu *v)
{
	if (!v->slice.by_preemption_timer)
		return;
	take_off(v);
	load(v);
}

bool slice_goes_on(struct vmx_vcpu *v)
{
	if (!v->slice.by_preemption_timer)
		return false;
	take_off(v);
	return v->slice.left >> vmx_timer_shift(&vmx_capability);
}

void slice_load(struct vmx_vcpu *v)
{
	v->vcpu->slice_changed = false;
	v->slice.left = v->vcpu->slice_ticks;
	load(v);
}

void slice_begin_by_host_timer(struct vmx_vcpu *v)
{
	uint64_t ticks = v->vcpu->slice_ticks;
	bool endless = ticks == SLICE_ENDLESS;

	if (has_preemption_timer(v)) {
		uint64_t stand_by =
			endless ? time_us_to_ticks(STAND_BY_ALONE_US) : ticks * STAND_BY_SLICES;
		uint64_t count = stand_by >> vmx_timer_shift(&vmx_capability);

		vmcs_write(VMCS_GUEST_PREEMPTION_TIMER, count < UINT32_MAX ? count : UINT32_MAX);
	}
	v->slice.start = time_ticks();
	if (!endless)
		timer_arm(&vmx_this_percpu()->slice_timer, v->slice.start + ticks);
}

void slice_end_by_host_timer(struct vmx_vcpu *v)
{
	struct vcpu *vcpu = v->vcpu;
	uint64_t used;

	if (vcpu->slice_ticks == SLICE_ENDLESS)
		return;
	timer_cancel(&vmx_this_percpu()->slice_timer);
	used = time_ticks() - v->slice.start;
	vcpu->slice_ticks = used < vcpu->slice_ticks ? vcpu->slice_ticks - used : 0;
}

bool slice_is_over_by_host_timer(const struct vmx_vcpu *v)
{
	return time_ticks() - v->slice.start >= v->vcpu->slice_ticks;
}
