%define MODE LONG64
%define SAYS "MOV to and from debug registers exit when the owner asks"
%define INTERCEPTS INTERCEPT_DR
%include "guest.inc"
DR_READ equ 1 << 4
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov eax, 0x1234
	exits DR_ACCESS, 0 | GPR_rax << 8, mov dr0, rax
	with_field DR_NUMBER, 0
	exits DR_ACCESS, 0 | DR_READ | GPR_rbx << 8, mov rbx, dr0
	check_equal rbx, 0x1234
	mov eax, 0x5678
	exits DR_ACCESS, 3 | GPR_rax << 8, mov dr3, rax
	exits DR_ACCESS, 3 | DR_READ | GPR_r10 << 8, mov r10, dr3
	check_equal r10, 0x5678
	exits DR_ACCESS, 7 | DR_READ | GPR_rcx << 8, mov rcx, dr7
	check_equal rcx, 0x400
	exits DR_ACCESS, 6 | DR_READ | GPR_rdx << 8, mov rdx, dr6
	check_equal edx, 0xffff0ff0
	; The upper half of DR7 is reserved.
	mov rax, 1 << 40
	exits DR_ACCESS, 7 | GPR_rax << 8, mov dr7, rax
	fail_here
behind:
	check_equal ebp, 1
	final ebx, 0x1234
	hypercall_done

on_protection:
	drop_error_code
	inc ebp
	return_to behind
