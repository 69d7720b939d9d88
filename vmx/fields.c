/* Names and widths of the VMCS fields, from the one list. */
#include "vmx/fields.h"

const enum vmcs_field vmcs_fields[] = {
#define X(symbol, encoding, width, type, name) symbol,
	VMCS_FIELD_LIST(X)
#undef X
};

const unsigned vmcs_field_count = ARRAY_SIZE(vmcs_fields);

unsigned vmcs_field_bits(enum vmcs_field field)
{
	switch (vmcs_field_width(field)) {
	case VMCS_WIDTH_16:
		return 16;
	case VMCS_WIDTH_32:
		return 32;
	default:
		return 64;
	}
}

const char *vmcs_field_name(uint32_t encoding)
{
	switch (encoding) {
#define X(symbol, value, width, type, name) \
	case value:                         \
		return name;
		VMCS_FIELD_LIST(X)
#undef X
	default:
		return "unknown VMCS field";
	}
}

#define PREFIX_LENGTH (sizeof("VMCS_") - 1)

const char *vmcs_field_symbol(uint32_t encoding)
{
	switch (encoding) {
#define X(symbol, value, width, type, name) \
	case value:                         \
		return &#symbol[PREFIX_LENGTH];
		VMCS_FIELD_LIST(X)
#undef X
	default:
		return "UNKNOWN_FIELD";
	}
}
