%define MODE LONG64
%define SAYS "A fault in the delivery of #GP reaches the #DF handler"
%include "guest.inc"
; The gate of #GP is not present: #NP while #GP is delivered makes a double fault.
	handle VECTOR_DOUBLE, on_double
	handle VECTOR_PROTECTION, on_double
	mov byte [GUEST_IDT + VECTOR_PROTECTION * 16 + 5], GATE_ABSENT
	xor ebp, ebp
	mov rax, 0x8000000000000000
	mov rbx, [rax]
	fail_here
on_double:
	pop rax
	check_equal rax, 0
	mov ebp, VECTOR_DOUBLE
	final ebp, VECTOR_DOUBLE
	hypercall_done
