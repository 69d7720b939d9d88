%define MODE LONG64
%define SAYS "MOV to and from CR8 exit when the owner asks"
%define INTERCEPTS INTERCEPT_CR8
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov ebx, 5
	exits CR_ACCESS, CR_WRITE(8, rbx), mov cr8, rbx
	with_field CR_NUMBER, 8
	with_field CR_VALUE, 5
	exits CR_ACCESS, CR_READ(8, rdx), mov rdx, cr8
	check_equal rdx, 5
	mov ecx, 0x10
	exits CR_ACCESS, CR_WRITE(8, rcx), mov cr8, rcx
	fail_here
behind:
	check_equal ebp, 1
	final edx, 5
	hypercall_done

on_protection:
	drop_error_code
	inc ebp
	return_to behind
