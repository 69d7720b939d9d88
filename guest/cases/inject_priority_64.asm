%define MODE LONG64
%define SAYS "Of two waiting interrupts the higher vector comes first"
%include "guest.inc"
	handle 0x31, on_low
	handle 0x62, on_high
	handle 0xff, on_highest
	xor ebp, ebp
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x31, 0, 0
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0xff, 0, 0
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x62, 0, 0
	check_equal ebp, 0
	sti
	nop
	nop
	nop
	cli
	check_equal ebp, 0x321
	final ebp, 0x321
	hypercall_done
on_highest:
	shl ebp, 4
	or ebp, 1
	mov ebx, ebp
	iretq
on_high:
	check_equal ebp, 1
	or ebp, 0x20
	iretq
on_low:
	check_equal ebp, 0x21
	or ebp, 0x300
	iretq
