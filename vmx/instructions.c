/* What a failed VMX instruction is turned into: a reason for the caller, or a panic. */
#include "vmx/instructions.h"

#include "kernel/panic.h"

enum error vmx_result_reason(enum vmx_result result, const char *instruction, struct reason *why)
{
	uint64_t number;

	switch (result) {
	case VMX_SUCCEED:
		return ERROR_NONE;
	case VMX_FAIL_INVALID:
		return reason_set(why, ERROR_BAD_STATE, "%s failed and there is no current VMCS",
				  instruction);
	default:
		if (vmx_vmread(VMCS_INSTRUCTION_ERROR, &number) != VMX_SUCCEED)
			return reason_set(why, ERROR_BAD_STATE,
					  "%s failed and its error number cannot be read",
					  instruction);
		return reason_set(why, ERROR_BAD_STATE, "%s failed with error %u (%s)", instruction,
				  (unsigned)number, vmx_instruction_error_text((uint32_t)number));
	}
}

static noreturn_fn void access_failed(const char *instruction, enum vmcs_field field)
{
	uint64_t number;

	if (vmx_vmread(VMCS_INSTRUCTION_ERROR, &number) != VMX_SUCCEED)
		panic("%s of %s (0x%x) without a current VMCS", instruction,
		      vmcs_field_symbol(field), (unsigned)field);
	panic("%s of %s (0x%x) failed with error %u (%s)", instruction, vmcs_field_symbol(field),
	      (unsigned)field, (unsigned)number, vmx_instruction_error_text((uint32_t)number));
}

void vmread_failed(enum vmcs_field field)
{
	access_failed("VMREAD", field);
}

void vmwrite_failed(enum vmcs_field field)
{
	access_failed("VMWRITE", field);
}
