/* Encodings are sparse: a table leads from width, type and index to the place in the list. */
#include "vmx/check/vmcs_snapshot.h"

#include "lib/assert.h"

/* No field that the SDM defines has an index past this. */
#define INDEX_BITS  6
#define TYPE_SHIFT  INDEX_BITS
#define WIDTH_SHIFT (TYPE_SHIFT + 2)
#define SLOTS       (1 << (WIDTH_SHIFT + 2))

#define SLOT(encoding)                                           \
	((((encoding)&VMCS_ENCODING_INDEX) >> 1) |               \
	 (((encoding)&VMCS_ENCODING_TYPE) >> 10) << TYPE_SHIFT | \
	 (((encoding)&VMCS_ENCODING_WIDTH) >> 13) << WIDTH_SHIFT)

#define X(symbol, encoding, width, type, name)                                    \
	_Static_assert((((encoding)&VMCS_ENCODING_INDEX) >> 1) < 1 << INDEX_BITS, \
		       #symbol " has too large an index");
VMCS_FIELD_LIST(X)
#undef X
_Static_assert(VMCS_FIELD_COUNT < UINT8_MAX, "a place fits a byte");

/* Places plus one: 0 is no field's. */
static const uint8_t places[SLOTS] = {
#define X(symbol, encoding, width, type, name) [SLOT(encoding)] = INDEX_##symbol + 1,
	VMCS_FIELD_LIST(X)
#undef X
};

unsigned vmcs_field_index(enum vmcs_field field)
{
	uint64_t known = VMCS_ENCODING_WIDTH | VMCS_ENCODING_TYPE | (BIT(INDEX_BITS) - 1) << 1;

	if (((uint64_t)field & ~known) || !places[SLOT(field)])
		return VMCS_FIELD_COUNT;
	return places[SLOT(field)] - 1u;
}

uint64_t vmcs_snapshot_get(const struct vmcs_snapshot *snapshot, enum vmcs_field field)
{
	unsigned index = vmcs_field_index(field);

	assert(index < VMCS_FIELD_COUNT);
	return snapshot->value[index];
}

void vmcs_snapshot_set(struct vmcs_snapshot *snapshot, enum vmcs_field field, uint64_t value)
{
	unsigned index = vmcs_field_index(field);

	assert(index < VMCS_FIELD_COUNT);
	snapshot->value[index] = value & BITS(vmcs_field_bits(field) - 1, 0);
}
