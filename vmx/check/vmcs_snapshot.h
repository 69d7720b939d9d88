/* The values of all fields that Plinth knows, taken out of a VMCS so that pure code can read them.
 * Fields are named by their encodings, as VMREAD names them. */
#ifndef VMX_CHECK_VMCS_SNAPSHOT_H
#define VMX_CHECK_VMCS_SNAPSHOT_H

#include "lib/assert.h"
#include "lib/types.h"
#include "vmx/fields.h"

/* A field's place in the list of vmx/fields.h. */
enum vmcs_field_index {
#define X(symbol, encoding, width, type, name) INDEX_VMCS_##symbol,
	VMCS_FIELD_LIST(X)
#undef X
		VMCS_FIELD_COUNT
};

struct vmcs_snapshot {
	uint64_t value[VMCS_FIELD_COUNT];
	bool absent[VMCS_FIELD_COUNT]; /* this CPU has no such field; its value is 0 */
};

/* Encodings are sparse: a table leads from them to the place in the list. Of each width and type it has a
 * group, as long as the largest index in the list wants: a larger one is no field here. */
#define VMCS_GROUPS      16
#define VMCS_GROUP_SLOTS 39

#define VMCS_INDEX(encoding) (((encoding)&VMCS_ENCODING_INDEX) >> 1)
#define VMCS_GROUP(encoding) \
	(((encoding)&VMCS_ENCODING_WIDTH) >> 11 | ((encoding)&VMCS_ENCODING_TYPE) >> 10)
#define VMCS_SLOT(encoding) (VMCS_GROUP(encoding) * VMCS_GROUP_SLOTS + VMCS_INDEX(encoding))

#define X(symbol, encoding, width, type, name)                                               \
	_Static_assert(VMCS_INDEX(encoding) < VMCS_GROUP_SLOTS, #symbol " has too large an " \
									"index");
VMCS_FIELD_LIST(X)
#undef X
_Static_assert(VMCS_FIELD_COUNT < UINT8_MAX, "a place fits a byte");

/* Places plus one: 0 is no field's. */
static const uint8_t vmcs_places[VMCS_GROUPS * VMCS_GROUP_SLOTS] = {
#define X(symbol, encoding, width, type, name) [VMCS_SLOT(encoding)] = INDEX_VMCS_##symbol + 1,
	VMCS_FIELD_LIST(X)
#undef X
};

static inline_always unsigned vmcs_place_of(enum vmcs_field field)
{
	if (((uint64_t)field & (VMCS_ENCODING_RESERVED | VMCS_ENCODING_HIGH)) ||
	    VMCS_INDEX(field) >= VMCS_GROUP_SLOTS || !vmcs_places[VMCS_SLOT(field)])
		return VMCS_FIELD_COUNT;
	return vmcs_places[VMCS_SLOT(field)] - 1u;
}

/* The field's place; VMCS_FIELD_COUNT for an encoding that is not listed. */
unsigned vmcs_field_index(enum vmcs_field field);

/* For fields that are listed; anything else is a mistake of the caller's. */
uint64_t vmcs_snapshot_find(const struct vmcs_snapshot *snapshot, enum vmcs_field field);

/* The same; a field that a rule names costs one load, and no table. */
static inline_always uint64_t vmcs_snapshot_get(const struct vmcs_snapshot *snapshot,
						enum vmcs_field field)
{
	if (__builtin_constant_p(field) && vmcs_place_of(field) < VMCS_FIELD_COUNT)
		return snapshot->value[vmcs_place_of(field)];
	return vmcs_snapshot_find(snapshot, field);
}

/* Cuts `value` to the field's width, as VMWRITE does. */
void vmcs_snapshot_set(struct vmcs_snapshot *snapshot, enum vmcs_field field, uint64_t value);

#endif
