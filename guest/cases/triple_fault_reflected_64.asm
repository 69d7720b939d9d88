%define MODE LONG64
%define SAYS "Reflected faults that no gate takes end in a triple fault"
%define EXCEPTIONS 1 << VECTOR_PROTECTION | 1 << VECTOR_NOT_PRESENT
%include "guest.inc"
; All three exceptions exit: the machine above has to see by itself when the CPU would shut down.
	mov rax, 0x8000000000000000
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_PROTECTION
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_NOT_PRESENT
	exit_at here, EXCEPTION, 0, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_NOT_PRESENT
	with_field ERROR_CODE, VECTOR_DOUBLE * 8 + 2, 0xfffe
	last TRIPLE_FAULT, 0, nop
here:	mov rbx, [rax]
