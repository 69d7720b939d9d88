%define MODE LONG64
%define SAYS "XSETBV exits; a valid value is taken, an invalid one is #GP(0)"
%include "guest.inc"
%include "xsave.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	enable_xsave
	xor ecx, ecx
	xor edx, edx
	mov eax, XCR0_X87 | XCR0_SSE
	exits XSETBV, 0, xsetbv
	with_field XSETBV_INDEX, 0
	with_field XSETBV_VALUE, 3
	xgetbv
	check_equal eax, 3
	check_equal edx, 0
	; x87 cannot be switched off.
	mov eax, XCR0_SSE
	exits XSETBV, 0, xsetbv
	fail_here
.no_x87:
	; There is no XCR2.
	mov ecx, 2
	mov eax, 3
	exits XSETBV, 0, xsetbv
	fail_here
.no_register:
	xor ecx, ecx
	xgetbv
	check_equal eax, 3
	check_equal ebp, 2
	final ebp, 2
	hypercall_done

on_protection:
	drop_error_code
	inc ebp
	cmp ebp, 2
	je .second
	return_to main.no_x87
.second:
	return_to main.no_register
