; A flat guest that has the first serial port pull its interrupt wire, with interrupts off: nobody
; takes it. For machines where the wire leads to little, as without APICs.
bits 32
org 0x100000

COM1_ENABLE	equ 0x3f9
COM1_MODEM	equ 0x3fc
EMPTY		equ 1 << 1	; an interrupt while the transmitter is empty
OUT2		equ 1 << 3	; interrupts reach the wire

	mov	esp, 0x90000
	mov	dx, COM1_MODEM
	mov	al, OUT2
	out	dx, al
	mov	dx, COM1_ENABLE
	mov	al, EMPTY
	out	dx, al
	mov	esi, pulled
	call	say
	jmp	switch_off

%include "com1.inc"

pulled:	db "pulled", 13, 10, 0
