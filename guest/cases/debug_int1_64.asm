%define MODE LONG64
%define SAYS "INT1 exits as the software exception it is, and goes on behind itself"
%include "guest.inc"
; Without a vector of its own to skip, the return address of the trap is behind the instruction, and
; DR6 is left alone. SDM volume 2, "INT n/INTO/INT3/INT1".
DR6_INITIAL equ 0xffff0ff0
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	exits EXCEPTION, 0, int1
	with_field VECTOR, VECTOR_DEBUG
	check_equal ebp, 1
	mov rax, dr6
	check_equal eax, DR6_INITIAL
	final ebp, 1
	hypercall_done
on_debug:
	inc ebp
	iretq
