; One VM entry that may go wrong in every way, also after it: an exit with a host state that the VMCS
; should not have been allowed to hold. SDM volume 3, "Loading Host State".

bits 64
default rel

%include "vmx/offsets.inc"

; What trial_enter() returns, as enum vmx_result has it.
%define RESULT_SUCCEED 0
%define RESULT_FAIL_INVALID 1
%define RESULT_FAIL_VALID 2

%define MSR_GS_BASE 0xc0000101

section .text

; enum vmx_result trial_enter(uint64_t gs_base)
; Interrupts off, the VMCS current and clear, HOST_RIP trial_exit_point. VMX_SUCCEED: there was an exit;
; the stack and the base of GS are right again, and nothing else is sure to be.
global trial_enter
trial_enter:
	push	rbp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	push	rdi
	mov	eax, FIELD_HOST_RSP
	vmwrite	rax, rsp
	vmlaunch
	; Here only when the instruction failed. CF: there is no current VMCS. ZF: error number.
	mov	eax, RESULT_FAIL_VALID
	mov	ecx, RESULT_FAIL_INVALID
	cmovc	eax, ecx
	add	rsp, 8
	jmp	return_to_caller

; HOST_RIP
global trial_exit_point
trial_exit_point:
	pop	rax
	mov	rdx, rax
	shr	rdx, 32
	mov	ecx, MSR_GS_BASE
	wrmsr
	mov	eax, RESULT_SUCCEED

return_to_caller:
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret
