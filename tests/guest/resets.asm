; A flat guest that resets its machine in each way that a PC has, one a start, and then switches off.
; Memory is lost at each, so the number of starts is kept in the clock's battery-backed memory.
bits 32
org 0x100000

CMOS_INDEX	equ 0x70
CMOS_DATA	equ 0x71
CMOS_STARTS	equ 0x50
KEYBOARD	equ 0x64
PULSE_RESET	equ 0xfe
PORT_92		equ 0x92
FAST_INIT	equ 1
RESET_CONTROL	equ 0xcf9
SYSTEM_RESET	equ 2
HARD_RESET	equ 6
UNTOUCHED	equ 0x90000

	mov	esp, UNTOUCHED
	mov	al, CMOS_STARTS
	out	CMOS_INDEX, al
	in	al, CMOS_DATA
	inc	al
	out	CMOS_DATA, al
	movzx	ebx, al
	add	[digit], al
	mov	esi, start
	call	say

	; A reset clears memory.
	mov	esi, cleared
	cmp	dword [UNTOUCHED], 0
	je	.told
	mov	esi, kept
.told:	mov	dword [UNTOUCHED], ebx
	call	say

	cmp	ebx, (ways.end - ways) / 4
	ja	switch_off
	jmp	[ways + ebx * 4 - 4]

by_keyboard_controller:
	mov	al, PULSE_RESET
	out	KEYBOARD, al
	jmp	stuck

by_port_92:
	in	al, PORT_92
	or	al, FAST_INIT
	out	PORT_92, al
	jmp	stuck

by_reset_control:
	mov	dx, RESET_CONTROL
	mov	al, SYSTEM_RESET
	out	dx, al
	mov	al, HARD_RESET
	out	dx, al
	jmp	stuck

by_triple_fault:
	lidt	[no_idt]
	ud2

stuck:
	mov	esi, nothing
	call	say
	jmp	switch_off

%include "com1.inc"

align 4
ways:	dd by_keyboard_controller, by_port_92, by_reset_control, by_triple_fault
.end:
no_idt:	dw 0
	dd 0
start:	db "start "
digit:	db "0", 0
cleared: db ", memory is clear", 13, 10, 0
kept:	db ", memory is as it was", 13, 10, 0
nothing: db "no reset", 13, 10, 0
