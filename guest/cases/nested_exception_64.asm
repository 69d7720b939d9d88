%define MODE LONG64
%define SAYS "An exception inside an exception handler returns in order"
%define EXCEPTIONS 1 << VECTOR_PROTECTION | 1 << VECTOR_UNDEFINED
%include "guest.inc"
; No gate is missing: #GP is handled, and its handler meets #UD and #BP of its own.
	handle VECTOR_PROTECTION, on_protection
	handle VECTOR_UNDEFINED, on_undefined
	handle VECTOR_BREAKPOINT, on_breakpoint
	xor ebp, ebp
	mov rax, 0x8000000000000000
	faults EXCEPTION, 0, mov rbx, [rax]
	with_field VECTOR, VECTOR_PROTECTION
	with_field ERROR_CODE, 0
	exit_at undefined, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_UNDEFINED
behind:
	check_equal ebp, 0x1321
	final ebp, 0x1321
	hypercall_done
on_protection:
	drop_error_code
	add ebp, 1
undefined:
	ud2
after_undefined:
	add ebp, 0x1000
	return_to behind
on_undefined:
	add ebp, 0x20
	int3
	return_to after_undefined
on_breakpoint:
	add ebp, 0x300
	iretq
