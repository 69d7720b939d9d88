%define MODE LONG64
%define SAYS "INT n, INT3 and INT1 injected: the handler returns behind them"
%include "guest.inc"
	handle 0x80, on_software
	handle VECTOR_BREAKPOINT, on_software
	handle VECTOR_DEBUG, on_software
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_SOFTWARE_INTERRUPT, 0x80, 0, 0
	check_equal ebp, 1
	call_board HYPERCALL_INJECT, EVENT_SOFTWARE_EXCEPTION, VECTOR_BREAKPOINT, 0, 0
	check_equal ebp, 2
	call_board HYPERCALL_INJECT, EVENT_PRIVILEGED_SOFTWARE_EXCEPTION, VECTOR_DEBUG, 0, 0
	check_equal ebp, 3
	final ebp, 3
	hypercall_done
on_software:
	inc ebp
	iretq
