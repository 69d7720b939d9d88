%define MODE LONG64
%define SAYS "An NMI arrives with interrupts off"
%include "guest.inc"
	handle VECTOR_NMI, on_nmi
	xor ebp, ebp
	cli
	call_board HYPERCALL_INJECT, EVENT_NMI, VECTOR_NMI, 0, 0
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_nmi:
	inc ebp
	iretq
