/* Names and widths of the VMCS fields, from the one list. */
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
static const char names[] =
#define X(symbol, encoding, width, type, name) name "\0"
	VMCS_FIELD_LIST(X)
#undef X
	;

static const char symbols[] =
#define X(symbol, encoding, width, type, name) #symbol "\0"
	VMCS_FIELD_LIST(X)
#undef X
	;

/* The text of a field; null for one that is not listed. */
static const char *text_of(uint32_t encoding, const char *texts)
{
	for (unsigned i = 0; i < vmcs_field_count; i++)
		if (vmcs_fields[i] == encoding)
			return nth_text(texts, i);
	return NULL;
}

const char *vmcs_field_name(uint32_t encoding)
{
	const char *name = text_of(encoding, names);

	return name ? name : "unknown VMCS field";
}

const char *vmcs_field_symbol(uint32_t encoding)
{
	const char *symbol = text_of(encoding, symbols);

	return symbol ? symbol : "UNKNOWN_FIELD";
}
