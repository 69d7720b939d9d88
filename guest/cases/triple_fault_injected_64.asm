%define MODE LONG64
%define SAYS "A fault injected on top of a waiting double fault ends the VM"
%include "guest.inc"
; Two #GPs that nothing separates are a #DF, and a third one is the shutdown of the CPU: SDM volume
; 3, "Interrupt 8-Double Fault Exception (#DF)". No handler sees any of them.
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION | INJECT_ERROR_CODE | INJECT_THRICE, VECTOR_PROTECTION, 0, 0
	last TRIPLE_FAULT, 0, nop
	with_field RAW_REASON, 2
	fail_here
