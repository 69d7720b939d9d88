%define MODE LONG64
%define SAYS "A nested fault whose instruction the board skips has no effect"
%include "guest.inc"
; The qualification: bits 2:0 the access made, 5:3 what the mapping allows, 7 the linear address is
; valid, 8 the access was not one of the page walk. Higher bits depend on the CPU.
%include "nested.inc"

	call_board HYPERCALL_ON_FAULT, ON_FAULT_SKIP
	mov ebp, 0x77
	; Beyond the memory of the guest: nothing is there to be mapped.
	faults_times 1, 1, NESTED_FAULT, NESTED(ACCESS_WRITE, 0), NESTED_MASK, mov [MEMORY + 0x123], ebp
	with_field GPA, MEMORY + 0x123
	faults_times 1, 1, NESTED_FAULT, NESTED(ACCESS_READ, 0), NESTED_MASK, mov ebp, [MEMORY + 0x456]
	final ebp, 0x77
	hypercall_done
