%define MODE LONG64
%define SAYS "Exceptions that nobody intercepts cost no exit"
%include "guest.inc"
	handle VECTOR_UNDEFINED, on_undefined
	handle VECTOR_PAGE_FAULT, on_page_fault
	handle VECTOR_BREAKPOINT, on_breakpoint
	xor ebp, ebp
	ud2
after_undefined:
	mov rax, [0x40000123]
after_page_fault:
	int3
	int 0x20
	check_equal ebp, 0x111
	final ebp, 0x111
	hypercall_done
on_undefined:
	add ebp, 1
	handle 0x20, on_software
	return_to after_undefined
on_page_fault:
	drop_error_code
	mov rax, cr2
	check_equal rax, 0x40000123
	add ebp, 0x10
	return_to after_page_fault
on_breakpoint:
	add ebp, 0x100
	iretq
on_software:
	iretq
