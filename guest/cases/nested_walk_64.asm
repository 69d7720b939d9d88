%define MODE LONG64
%define SAYS "A nested fault of the page walk says so"
%include "guest.inc"
%include "nested.inc"
TABLE equ 0x3000 ; the page directory that maps everything
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, TABLE, 0x1000, 0
	exit_at walked, NESTED_FAULT, NESTED_LINEAR, NESTED_LINEAR | NESTED_NOT_WALK, 1, 1
	with_field GPA, TABLE
	with_field DURING_WALK, 1
	with_field ALLOWED, 0
walked:
	check_equal eax, 0
	mov ebp, 1
	final ebp, 1
	hypercall_done
