%define MODE LONG64
%define SAYS "An exception cut short is delivered again with its error code"
%include "guest.inc"
%include "nested.inc"
	handle VECTOR_PAGE_FAULT, on_page_fault
	xor ebp, ebp
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, GUEST_IDT, 0x1000, 0
	faults_times 1, 1, NESTED_FAULT, NESTED_LINEAR | ACCESS_READ, NESTED_LINEAR | ACCESS_READ, mov [0x40000123], ebp
	with_field GPA, GUEST_IDT + VECTOR_PAGE_FAULT * 16, ~0xf
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_page_fault:
	pop rax
	check_equal eax, 2 ; a write to what is not present
	mov rax, cr2
	check_equal rax, 0x40000123
	inc ebp
	return_to behind
