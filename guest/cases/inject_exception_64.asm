%define MODE LONG64
%define SAYS "Injected exceptions arrive, with and without error code"
%include "guest.inc"
ERROR equ 0x1230
	handle VECTOR_DIVIDE, on_divide
	handle VECTOR_UNDEFINED, on_undefined
	handle VECTOR_PROTECTION, on_protection
	handle VECTOR_PAGE_FAULT, on_page_fault
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_DIVIDE, 0, 0
	check_equal ebp, 1
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_UNDEFINED, 0, 0
	check_equal ebp, 2
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION | INJECT_ERROR_CODE, VECTOR_PROTECTION, ERROR, 0
	check_equal ebp, 3
	mov edi, 0x12345678
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION | INJECT_ERROR_CODE | INJECT_FAULT_ADDRESS, VECTOR_PAGE_FAULT, 4, 0
	check_equal ebp, 4
	; An error code where the vector has none is refused, and nothing arrives.
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION | INJECT_ERROR_CODE, VECTOR_DIVIDE, 0, 0
	cmp eax, 0
	check ne
	check_equal ebp, 4
	; Left out where the vector has one, it is 0.
	handle VECTOR_PROTECTION, on_protection_0
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_PROTECTION, ERROR, 0
	check_equal ebp, 5
	final ebp, 5
	hypercall_done
on_protection_0:
	pop rdx
	check_equal rdx, 0
	inc ebp
	iretq
on_divide:
	inc ebp
	iretq
on_undefined:
	inc ebp
	iretq
on_protection:
	pop rdx
	check_equal rdx, ERROR
	inc ebp
	iretq
on_page_fault:
	pop rdx
	check_equal rdx, 4
	mov rdx, cr2
	check_equal rdx, 0x12345678
	inc ebp
	iretq
