/* Model-specific registers that the machine around the CPU answers: the local APIC's and the
 * paravirtual clock's. */
#include "guest/pc/pc_parts.h"

#include "kernel/time.h"
#include "kernel/wall_clock.h"
#include "vm/vcpu/vcpu_tsc.h"
#include "x86/msr.h"

static struct pvclock_moment moment_of(const struct pc_vcpu *pv)
{
	return (struct pvclock_moment) {
		.now = pc_now(pv->pc),
		.tsc = vcpu_guest_tsc(pv->vcpu),
		.tsc_rate = time_tick_rate(),
	};
}

static bool set_system_time(struct pc_vcpu *pv, uint64_t value)
{
	const struct device_memory memory = pc_device_memory(pv->pc);
	const struct pvclock_moment moment = moment_of(pv);

	return pvclock_set_system_time(&pv->pvclock, &memory, &moment, value);
}

void pc_msr_tsc_changed(struct pc_vcpu *pv)
{
	const struct device_memory memory = pc_device_memory(pv->pc);
	const struct pvclock_moment moment = moment_of(pv);

	pvclock_update(&pv->pvclock, &memory, &moment);
}

static bool set_wall_clock(struct pc_vcpu *pv, uint64_t value)
{
	const struct device_memory memory = pc_device_memory(pv->pc);
	uint64_t beginning = wall_clock_seconds() - pc_now(pv->pc) / NANOSECONDS;

	return pvclock_set_wall_clock(&pv->pvclock, &memory, beginning, value);
}

bool pc_msr_read(struct pc_vcpu *pv, uint32_t index, uint64_t *value)
{
	switch (index) {
	case MSR_KVM_SYSTEM_TIME:
	case MSR_KVM_SYSTEM_TIME_OLD:
		*value = pv->pvclock.system_time;
		return true;
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_WALL_CLOCK_OLD:
		*value = pv->pvclock.wall_clock;
		return true;
	default:
		return pc_local_apic_msr_read(pv, index, value);
	}
}

bool pc_msr_write(struct pc_vcpu *pv, uint32_t index, uint64_t value)
{
	switch (index) {
	case MSR_KVM_SYSTEM_TIME:
	case MSR_KVM_SYSTEM_TIME_OLD:
		return set_system_time(pv, value);
	case MSR_KVM_WALL_CLOCK:
	case MSR_KVM_WALL_CLOCK_OLD:
		return set_wall_clock(pv, value);
	default:
		return pc_local_apic_msr_write(pv, index, value);
	}
}
