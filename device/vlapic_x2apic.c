/* The registers as MSRs, as x2APIC mode has them: what a register does not allow faults. SDM volume
 * 3, "x2APIC Register Address Space", "Reserved Bit Checking" and "ICR Operation in x2APIC Mode". */
#include "device/vlapic_internal.h"

#include "x86/msr.h"

/* Null where there is none, or the APIC is in another mode. */
static const struct vlapic_access *register_of(const struct vlapic *lapic, uint32_t index)
{
	if (vlapic_mode(lapic) != VLAPIC_X2APIC || index < MSR_X2APIC_FIRST ||
	    index >= MSR_X2APIC_FIRST + VLAPIC_REGISTERS)
		return NULL;
	return vlapic_access(vlapic_msr_offset(index));
}

bool vlapic_msr_read(struct vlapic *lapic, uint32_t index, uint64_t *value)
{
	const struct vlapic_access *access = register_of(lapic, index);

	if (index == MSR_TSC_DEADLINE) {
		*value = vlapic_tsc_deadline(lapic);
		return true;
	}
	if (!access || !(access->read & IN_X2APIC))
		return false;
	*value = vlapic_value(lapic, vlapic_msr_offset(index));
	if (index == MSR_X2APIC_ICR)
		*value |= (uint64_t)vlapic_get(lapic, VLAPIC_ICR_WIDE_HIGH) << 32;
	return true;
}

bool vlapic_msr_write(struct vlapic *lapic, uint32_t index, uint64_t value)
{
	const struct vlapic_access *access = register_of(lapic, index);
	uint64_t allowed;

	if (index == MSR_TSC_DEADLINE) {
		vlapic_set_tsc_deadline(lapic, value);
		return true;
	}
	if (!access || !(access->write & IN_X2APIC))
		return false;
	allowed = access->writable | access->ignored;
	if (index == MSR_X2APIC_ICR)
		allowed |= BITS(63, 32);
	if (value & ~allowed)
		return false;
	if (index == MSR_X2APIC_ICR)
		vlapic_put(lapic, VLAPIC_ICR_WIDE_HIGH, value >> 32);
	vlapic_store(lapic, vlapic_msr_offset(index), (uint32_t)value);
	return true;
}
