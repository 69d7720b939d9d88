#include "vmx/check/vmcs_snapshot.h"

void vmcs_snapshot_set(struct vmcs_snapshot *snapshot, enum vmcs_field field, uint64_t value)
{
	unsigned index = vmcs_field_index(field);

	assert(index < VMCS_FIELD_COUNT);
	snapshot->value[index] = value & BITS(vmcs_field_bits(field) - 1, 0);
}
