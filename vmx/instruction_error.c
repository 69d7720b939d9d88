/* The texts of the VM-instruction errors. */
#include "vmx/instruction_error.h"

const char *vmx_instruction_error_text(uint32_t number)
{
	switch (number) {
#define X(symbol, value, text) \
	case value:            \
		return text;
		VMX_INSTRUCTION_ERROR_LIST(X)
#undef X
	default:
		return "unknown VM-instruction error";
	}
}
