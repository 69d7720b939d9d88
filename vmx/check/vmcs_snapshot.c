#include "vmx/check/vmcs_snapshot.h"

unsigned vmcs_field_index(enum vmcs_field field)
{
	return vmcs_place_of(field);
}

uint64_t vmcs_snapshot_find(const struct vmcs_snapshot *snapshot, enum vmcs_field field)
{
	unsigned index = vmcs_place_of(field);

	assert(index < VMCS_FIELD_COUNT);
	return snapshot->value[index];
}

void vmcs_snapshot_set(struct vmcs_snapshot *snapshot, enum vmcs_field field, uint64_t value)
{
	unsigned index = vmcs_field_index(field);

	assert(index < VMCS_FIELD_COUNT);
	snapshot->value[index] = value & BITS(vmcs_field_bits(field) - 1, 0);
}
