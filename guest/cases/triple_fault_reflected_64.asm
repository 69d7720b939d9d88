%define MODE LONG64
%define SAYS "Reflected faults that no gate takes end in a triple fault"
%define EXCEPTIONS 1 << VECTOR_PROTECTION | 1 << VECTOR_NOT_PRESENT
%include "guest.inc"
; The gates of #GP and #DF are not present, and all exceptions exit: when the last of them comes in
; the delivery of #DF, the machine above has to see by itself that the CPU would shut down.
	mov byte [GUEST_IDT + VECTOR_PROTECTION * 16 + 5], GATE_ABSENT
	mov byte [GUEST_IDT + VECTOR_DOUBLE * 16 + 5], GATE_ABSENT
	mov rax, 0x8000000000000000
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_PROTECTION
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_NOT_PRESENT
	with_field ERROR_CODE, VECTOR_PROTECTION * 8 + 3
here:
	last EXCEPTION, 0, mov rbx, [rax]
	with_field VECTOR, VECTOR_NOT_PRESENT
	with_field ERROR_CODE, VECTOR_DOUBLE * 8 + 3
