; A firmware whose page tables are in its ROM, their accessed and dirty flags clear: the CPU walks through
; them all the same, and what it would set in them gets lost.
bits 16
org 0xffff0000

CR0_PE		equ 1
CR0_PG		equ 1 << 31
CR4_PSE		equ 1 << 4
PRESENT		equ 1
WRITABLE	equ 1 << 1
LARGE		equ 1 << 7
CODE		equ 8
DATA		equ 16
RAM		equ 0x10000
ELSEWHERE	equ 0x40000000	; linear; leads to RAM as well
LENGTH		equ 0x10000
DEBUG_EXIT	equ 0xf4

begin:
	o32 lgdt [cs:gdtr - begin]
	mov	eax, cr0
	or	al, CR0_PE
	mov	cr0, eax
	jmp	dword CODE:flat
bits 32
flat:	mov	eax, DATA
	mov	ds, eax
	mov	es, eax
	mov	ss, eax
	mov	esp, RAM
	mov	eax, directory
	mov	cr3, eax
	mov	eax, cr4
	or	eax, CR4_PSE
	mov	cr4, eax
	mov	eax, cr0
	or	eax, CR0_PG
	mov	cr0, eax
	jmp	.paged
.paged:
	mov	dword [ELSEWHERE + RAM], 0x600dcafe
	cmp	dword [RAM], 0x600dcafe
	mov	esi, led_astray
	jne	.told
	mov	esi, walked
.told:	call	say
	xor	eax, eax
	out	DEBUG_EXIT, al

%include "com1.inc"

walked:	db "walked through tables in ROM", 13, 10, 0
led_astray: db "led astray", 13, 10, 0
align 8
gdt:	dq 0
	dq 0x00cf9b000000ffff
	dq 0x00cf93000000ffff
gdtr:	dw gdtr - gdt - 1
	dd gdt

; Pages of 4 MiB: where it runs, and RAM at 0 and elsewhere.
align 4096
directory:
	dd	PRESENT | WRITABLE | LARGE
	times (ELSEWHERE >> 22) - 1 dd 0
	dd	PRESENT | WRITABLE | LARGE
	times 1023 - (ELSEWHERE >> 22) - 1 dd 0
	dd	0xffc00000 | PRESENT | WRITABLE | LARGE

	times LENGTH - 16 - ($ - begin) db 0xff
bits 16
	jmp	begin		; the reset vector
	times LENGTH - ($ - begin) db 0xff
