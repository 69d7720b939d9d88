/* The three ways a VMX instruction ends. SDM volume 3, "VMX Instruction Reference", "Conventions". */
#ifndef VMX_INSTRUCTION_RESULT_H
#define VMX_INSTRUCTION_RESULT_H

enum vmx_result {
	VMX_SUCCEED,
	VMX_FAIL_INVALID, /* CF: and no current VMCS to hold an error number */
	VMX_FAIL_VALID,   /* ZF: the number is in the VM-instruction error field */
};

#endif
