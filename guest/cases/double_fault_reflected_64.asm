%define MODE LONG64
%define SAYS "Intercepted faults combine to #DF as the CPU would"
%define EXCEPTIONS 1 << VECTOR_PROTECTION | 1 << VECTOR_NOT_PRESENT
%include "guest.inc"
; The gate of #GP is not present: #NP while #GP is delivered makes a double fault.
	handle VECTOR_DOUBLE, on_double
	handle VECTOR_PROTECTION, on_double
	mov byte [GUEST_IDT + VECTOR_PROTECTION * 16 + 5], GATE_ABSENT
	xor ebp, ebp
	mov rax, 0x8000000000000000
	; The error code of #NP names the gate: vector * 8, bit 1 for the IDT, bit 0 for an event.
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_PROTECTION
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_NOT_PRESENT
	with_field ERROR_CODE, VECTOR_PROTECTION * 8 + 3
here:	mov rbx, [rax]
	fail_here
on_double:
	pop rax
	check_equal rax, 0
	mov ebp, VECTOR_DOUBLE
	final ebp, VECTOR_DOUBLE
	hypercall_done
