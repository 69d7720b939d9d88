/* The texts of the VM-instruction errors. */
#include "vmx/instruction_error.h"

#include "lib/text_list.h"

static const uint8_t numbers[] = {
#define X(symbol, value, text) value,
	VMX_INSTRUCTION_ERROR_LIST(X)
#undef X
};

static const char texts[] =
#define X(symbol, value, text) text "\0"
	VMX_INSTRUCTION_ERROR_LIST(X)
#undef X
	;

const char *vmx_instruction_error_text(uint32_t number)
{
	const char *text = keyed_text(texts, numbers, ARRAY_SIZE(numbers), number);

	return text ? text : "unknown VM-instruction error";
}
