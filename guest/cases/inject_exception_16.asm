%define MODE REAL16
%define SAYS "Injected exceptions arrive in real mode, vector 0 too"
%include "guest.inc"
	handle VECTOR_DIVIDE, on_exception
	handle VECTOR_UNDEFINED, on_exception
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_DIVIDE, 0, 0
	check_equal ebp, 1
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_UNDEFINED, 0, 0
	final ebp, 2
	hypercall_done
on_exception:
	inc ebp
	iret
