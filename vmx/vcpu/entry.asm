; The way into a guest and back: what C cannot do, since every register changes hands. The caller
; sees an ordinary function. SDM volume 3, "VMLAUNCH/VMRESUME" and "Loading Host State".
;
; The exit lands on vmx_exit_point with HOST_RSP loaded: the stack as it was at the entry. Only RSP,
; RIP and RFLAGS of the guest are in the VMCS; the other general registers are stored here.

bits 64
default rel

%include "vmx/offsets.inc"

; What vmx_enter() returns, as enum vmx_result has it.
%define RESULT_SUCCEED 0
%define RESULT_FAIL_INVALID 1
%define RESULT_FAIL_VALID 2

; The registers that an exit finds in the CPU beyond those that are always stored: RBP and those that C
; functions may change, and those that they preserve.
%macro STORE_VOLATILE 0
	mov	[rdi + VCPU_RBP], rbp
	mov	[rdi + VCPU_R8], r8
	mov	[rdi + VCPU_R9], r9
	mov	[rdi + VCPU_R10], r10
	mov	[rdi + VCPU_R11], r11
%endmacro

%macro STORE_PRESERVED 0
	mov	[rdi + VCPU_R12], r12
	mov	[rdi + VCPU_R13], r13
	mov	[rdi + VCPU_R14], r14
	mov	[rdi + VCPU_R15], r15
%endmacro

%macro STORE_OTHERS 0
	STORE_VOLATILE
	STORE_PRESERVED
%endmacro

; MOV does not change the flags.
%macro LOAD_VOLATILE 0
	mov	rbp, [rdi + VCPU_RBP]
	mov	r8, [rdi + VCPU_R8]
	mov	r9, [rdi + VCPU_R9]
	mov	r10, [rdi + VCPU_R10]
	mov	r11, [rdi + VCPU_R11]
%endmacro

%macro LOAD_OTHERS 0
	LOAD_VOLATILE
	mov	r12, [rdi + VCPU_R12]
	mov	r13, [rdi + VCPU_R13]
	mov	r14, [rdi + VCPU_R14]
	mov	r15, [rdi + VCPU_R15]
%endmacro

section .text

; enum vmx_result vmx_enter(struct vcpu *vcpu, struct vmx_vcpu *v)
; Interrupts off, the VMCS current. VMX_SUCCEED: there was an exit; otherwise the instruction failed
; and no register of the guest was touched.
global vmx_enter
vmx_enter:
	push	rbp
	push	rbx
	push	r12
	push	r13
	push	r14
	push	r15
	push	rdi

	; The stack is the same at each call from one run loop, so this is written once.
	cmp	rsp, [rsi + VMX_VCPU_HOST_RSP]
	jne	.write_host_rsp
.host_rsp_written:
	cmp	dword [rsi + VMX_VCPU_LAUNCHED], 0

	; MOV does not change the flags.
	mov	rax, [rdi + VCPU_RAX]
	mov	rcx, [rdi + VCPU_RCX]
	mov	rdx, [rdi + VCPU_RDX]
	mov	rbx, [rdi + VCPU_RBX]
	mov	rsi, [rdi + VCPU_RSI]
	LOAD_OTHERS
	mov	rdi, [rdi + VCPU_RDI]
	je	.launch
	vmresume
	; Here only when the instruction failed. CF: there is no current VMCS. ZF: error number.
	jmp	failed
.launch:
	vmlaunch
	jmp	failed

.write_host_rsp:
	mov	eax, FIELD_HOST_RSP
	vmwrite	rax, rsp
	mov	[rsi + VMX_VCPU_HOST_RSP], rsp
	jmp	.host_rsp_written

; RSP as at the entry, with the vCPU on top.
failed:
	mov	eax, RESULT_FAIL_VALID
	mov	ecx, RESULT_FAIL_INVALID
	cmovc	eax, ecx
	add	rsp, 8
	jmp	return_to_caller

; --- exits that are answered before vmx_enter() returns -----------------------------------------

; HOST_RIP. What is called through after_exit may send the guest on, with those registers of the guest
; stored that it uses (vmx/exit/exit_short.h); all the others are only when it comes back.
global vmx_exit_point
vmx_exit_point:
	push	rdi
	mov	rdi, [rsp + 8]
	mov	[rdi + VCPU_RAX], rax
	mov	[rdi + VCPU_RCX], rcx
	mov	[rdi + VCPU_RDX], rdx
	mov	[rdi + VCPU_RBX], rbx
	mov	[rdi + VCPU_RSI], rsi
	pop	qword [rdi + VCPU_RDI]
	mov	rsi, [rdi + VCPU_BACKEND]
	call	[rsi + VMX_VCPU_AFTER_EXIT]
	mov	rdi, [rsp]
	STORE_OTHERS
	add	rsp, 8
	xor	eax, eax		; RESULT_SUCCEED

return_to_caller:
	pop	r15
	pop	r14
	pop	r13
	pop	r12
	pop	rbx
	pop	rbp
	ret

; What exit_short() goes on to, by a jump, when it takes functions of the ordinary convention to answer.
; On the stack are its own return address and the vCPU. RBP leads a backtrace to who called vmx_enter():
; past both and five registers, to the first that was pushed there.
%define OF_VCPU 8
%define CALLER_FRAME (8 + 8 + 5 * 8)

%macro CALL_IN_PLACE 1
	STORE_VOLATILE
	lea	rbp, [rsp + CALLER_FRAME]
	call	%1
	mov	rdi, [rsp + OF_VCPU]
%endmacro

; Who says in AL whether the exit is over, and where it goes when it is not.
%macro WAY_TO 2
extern %1
global enter_%1
enter_%1:
	CALL_IN_PLACE %1
	test	al, al
	jnz	enter_again_in_place
	jmp	%2
%endmacro

; The loop would go on, but first it may be another vCPU's turn.
WAY_TO run_interrupt_in_place, break_off
WAY_TO run_apic_write_in_place, break_off
WAY_TO run_wrmsr_in_place, break_off
WAY_TO run_in_place, back_to_loop

; Comes back only when it is not.
extern run_io_in_place
global enter_run_io_in_place
enter_run_io_in_place:
	CALL_IN_PLACE run_io_in_place
back_to_loop:
	LOAD_VOLATILE
	ret

; void enter_other(struct vcpu *vcpu): the same into another vCPU's guest, all registers of which are in memory.
global enter_other
enter_other:
	mov	r12, [rdi + VCPU_R12]
	mov	r13, [rdi + VCPU_R13]
	mov	r14, [rdi + VCPU_R14]
	mov	r15, [rdi + VCPU_R15]

; void enter_again_in_place(struct vcpu *vcpu): for what is called from here.
global enter_again_in_place
enter_again_in_place:
	LOAD_VOLATILE

; void enter_again(struct vcpu *vcpu): the way back into the guest, by a jump or a call: nobody
; returns, and at the next exit the stack is HOST_RSP's again.
global enter_again
enter_again:
	mov	rax, [rdi + VCPU_RAX]
	mov	rcx, [rdi + VCPU_RCX]
	mov	rdx, [rdi + VCPU_RDX]
	mov	rbx, [rdi + VCPU_RBX]
	mov	rsi, [rdi + VCPU_RSI]
	mov	rdi, [rdi + VCPU_RDI]
	vmresume
	; Failed, as above. MOV still does not change the flags.
	mov	rdi, [abs gs:CPU_BACKEND]
	mov	rdi, [rdi + VMX_PERCPU_CURRENT]
	mov	rsp, [rdi + VMX_VCPU_HOST_RSP]
	mov	rdi, [rsp]
	STORE_OTHERS
	jmp	failed

; As enter_run_in_place, with all registers stored, and changed as the function pleases.
global enter_run_stored_in_place
enter_run_stored_in_place:
	STORE_OTHERS
	lea	rbp, [rsp + CALLER_FRAME]
	call	run_in_place
	mov	rdi, [rsp + OF_VCPU]
	test	al, al
	LOAD_OTHERS
	jnz	enter_again
	ret

; PAUSE: another vCPU may come instead, so that all registers are stored. Comes back when none does.
extern hand_over_in_place
global enter_hand_over_in_place
enter_hand_over_in_place:
	STORE_OTHERS
	lea	rbp, [rsp + CALLER_FRAME]
	call	hand_over_in_place
.stays:
	mov	rdi, [rsp + OF_VCPU]
	LOAD_OTHERS
	ret

; An exit that the loop would go on with, which may have woken another vCPU. The rest of the registers is
; stored.
extern break_off_in_place
break_off:
	STORE_PRESERVED
	mov	rsi, [rdi + VCPU_BACKEND]
	lea	rbp, [rsp + CALLER_FRAME]
	call	break_off_in_place
	jmp	enter_hand_over_in_place.stays
