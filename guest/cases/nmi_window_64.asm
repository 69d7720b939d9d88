%define MODE LONG64
%define SAYS "A second NMI waits until IRET ends the first"
%define ORDERED KIND_BIT(NMI_WINDOW)
%include "guest.inc"
; The first handler asks for another one. Its IRET ends the blocking and goes behind the first
; hypercall: there the window opens.
	handle VECTOR_NMI, on_nmi
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_NMI, VECTOR_NMI, 0, 0
	exit_at second, HYPERCALL, 0, FULL_MASK, 1, 1
	exit_at opened, NMI_WINDOW, 0, FULL_MASK, 1, 1
opened:
	check_equal ebp, 2
	final ebp, 2
	hypercall_done
on_nmi:
	test ebp, ebp
	jnz already
	mov eax, HYPERCALL_INJECT
second:	vmcall
	check_equal eax, 0
	check_equal ebp, 0
already:
	inc ebp
	iretq
