/* The values of all fields that Plinth knows, taken out of a VMCS so that pure code can read them.
 * Fields are named by their encodings, as VMREAD names them. */
#ifndef VMX_CHECK_VMCS_SNAPSHOT_H
#define VMX_CHECK_VMCS_SNAPSHOT_H

#include "lib/types.h"
#include "vmx/fields.h"

/* A field's place in the list of vmx/fields.h. */
enum vmcs_field_index {
#define X(symbol, encoding, width, type, name) INDEX_##symbol,
	VMCS_FIELD_LIST(X)
#undef X
		VMCS_FIELD_COUNT
};

struct vmcs_snapshot {
	uint64_t value[VMCS_FIELD_COUNT];
	bool absent[VMCS_FIELD_COUNT]; /* this CPU has no such field; its value is 0 */
};

/* The field's place; VMCS_FIELD_COUNT for an encoding that is not listed. */
unsigned vmcs_field_index(enum vmcs_field field);

/* For fields that are listed; anything else is a mistake of the caller's. */
uint64_t vmcs_snapshot_get(const struct vmcs_snapshot *snapshot, enum vmcs_field field);

/* Cuts `value` to the field's width, as VMWRITE does. */
void vmcs_snapshot_set(struct vmcs_snapshot *snapshot, enum vmcs_field field, uint64_t value);

#endif
