%define MODE LONG64
%define SAYS "A malformed nested mapping is an exit of its own"
%include "guest.inc"
%include "nested.inc"
	mov dword [PAGE_], 0x11223344
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, PAGE_, 0x1000, NESTED_RIGHTS_BROKEN
	check_equal eax, 0
	faults NESTED_MISCONFIG, 0, mov ebp, [PAGE_]
	with_field GPA, PAGE_
	final ebp, 0x11223344
	hypercall_done
