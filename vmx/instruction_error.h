/* The numbers that a failing VMX instruction leaves in the VM-instruction error field. SDM volume
 * 3, "VM-Instruction Error Field" and "VM Instruction Error Numbers". */
#ifndef VMX_INSTRUCTION_ERROR_H
#define VMX_INSTRUCTION_ERROR_H

#include "lib/error.h"

/* X(symbol, number, text) */
#define VMX_INSTRUCTION_ERROR_LIST(X)                                                            \
	X(VMX_ERROR_VMCALL_IN_ROOT, 1, "VMCALL executed in VMX root operation")                  \
	X(VMX_ERROR_VMCLEAR_ADDRESS, 2, "VMCLEAR with invalid physical address")                 \
	X(VMX_ERROR_VMCLEAR_VMXON_POINTER, 3, "VMCLEAR with VMXON pointer")                      \
	X(VMX_ERROR_VMLAUNCH_NOT_CLEAR, 4, "VMLAUNCH with non-clear VMCS")                       \
	X(VMX_ERROR_VMRESUME_NOT_LAUNCHED, 5, "VMRESUME with non-launched VMCS")                 \
	X(VMX_ERROR_VMRESUME_AFTER_VMXOFF, 6, "VMRESUME after VMXOFF")                           \
	X(VMX_ERROR_ENTRY_CONTROLS, 7, "VM entry with invalid control field(s)")                 \
	X(VMX_ERROR_ENTRY_HOST_STATE, 8, "VM entry with invalid host-state field(s)")            \
	X(VMX_ERROR_VMPTRLD_ADDRESS, 9, "VMPTRLD with invalid physical address")                 \
	X(VMX_ERROR_VMPTRLD_VMXON_POINTER, 10, "VMPTRLD with VMXON pointer")                     \
	X(VMX_ERROR_VMPTRLD_REVISION, 11, "VMPTRLD with incorrect VMCS revision identifier")     \
	X(VMX_ERROR_UNSUPPORTED_FIELD, 12, "VMREAD/VMWRITE from/to unsupported VMCS component")  \
	X(VMX_ERROR_READ_ONLY_FIELD, 13, "VMWRITE to read-only VMCS component")                  \
	X(VMX_ERROR_VMXON_IN_ROOT, 15, "VMXON executed in VMX root operation")                   \
	X(VMX_ERROR_ENTRY_EXECUTIVE_POINTER, 16, "VM entry with invalid executive-VMCS pointer") \
	X(VMX_ERROR_ENTRY_EXECUTIVE_STATE, 17, "VM entry with non-launched executive VMCS")      \
	X(VMX_ERROR_ENTRY_EXECUTIVE_VMXON, 18,                                                   \
	  "VM entry with executive-VMCS pointer not VMXON pointer")                              \
	X(VMX_ERROR_VMCALL_NOT_CLEAR, 19, "VMCALL with non-clear VMCS")                          \
	X(VMX_ERROR_VMCALL_EXIT_CONTROLS, 20, "VMCALL with invalid VM-exit control fields")      \
	X(VMX_ERROR_VMCALL_MSEG_REVISION, 22, "VMCALL with incorrect MSEG revision identifier")  \
	X(VMX_ERROR_VMXOFF_DUAL_MONITOR, 23,                                                     \
	  "VMXOFF under dual-monitor treatment of SMIs and SMM")                                 \
	X(VMX_ERROR_VMCALL_SMM_FEATURES, 24, "VMCALL with invalid SMM-monitor features")         \
	X(VMX_ERROR_ENTRY_EXECUTIVE_CONTROLS, 25,                                                \
	  "VM entry with invalid VM-execution control fields in executive VMCS")                 \
	X(VMX_ERROR_ENTRY_MOV_SS, 26, "VM entry with events blocked by MOV SS")                  \
	X(VMX_ERROR_INVEPT_OPERAND, 28, "invalid operand to INVEPT/INVVPID")

enum vmx_instruction_error {
#define X(symbol, number, text) symbol = (number),
	VMX_INSTRUCTION_ERROR_LIST(X)
#undef X
};

/* The SDM's text for a number; "unknown VM-instruction error" for one that it does not list. */
const char *vmx_instruction_error_text(uint32_t number);

#endif
