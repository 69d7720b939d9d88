/* Symbols and widths of the VMCS fields, from the one list. */
#include "vmx/fields.h"

#include "lib/text_list.h"

const uint16_t vmcs_fields[] = {
#define X(symbol, encoding, width, type, name) VMCS_##symbol,
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

/* As in the list above. */
static const char symbols[] =
#define X(symbol, encoding, width, type, name) #symbol "\0"
	VMCS_FIELD_LIST(X)
#undef X
	;

const char *vmcs_field_symbol(uint32_t encoding)
{
	for (unsigned i = 0; i < vmcs_field_count; i++)
		if (vmcs_fields[i] == encoding)
			return nth_text(symbols, i);
	return "UNKNOWN_FIELD";
}
