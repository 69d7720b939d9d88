%define MODE LONG64
%define SAYS "A second NMI waits until IRET ends the first"
%include "guest.inc"
; The window opens right behind the IRET of the first handler, whose return address is that of the
; instruction behind the second hypercall.
	handle VECTOR_NMI, on_nmi
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_NMI, VECTOR_NMI, 0, 0
	check_equal ebp, 2
	final ebp, 2
	final_count NMI_WINDOW, 1, 1
	hypercall_done
on_nmi:
	test ebp, ebp
	jnz .second
	call_board HYPERCALL_INJECT, EVENT_NMI, VECTOR_NMI, 0, 0
	check_equal eax, 0
	check_equal ebp, 0
	inc ebp
	iretq
.second:
	inc ebp
	iretq
