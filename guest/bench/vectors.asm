; Entries of interrupts: one that notes the time, and one for all that should not come.
	bits	32
	global	stamp_entry, other_entry, stamp_time, stamp_count
	extern	unexpected

LAPIC_EOI	equ	0xfee000b0

	section	.text
stamp_entry:
	push	eax
	push	edx
	rdtsc
	mov	[stamp_time], eax
	inc	dword [stamp_count]
	mov	dword [LAPIC_EOI], 0
	pop	edx
	pop	eax
	iret

other_entry:
	cld
	call	unexpected

	section	.bss
	alignb	64
stamp_time:	resd	1
stamp_count:	resd	1
	alignb	64
