; How the other CPUs of a kernel of our own begin: each enters other_cpu(n), n from 1 in the order of
; arrival, in 32-bit mode on a stack of its own, with the descriptor tables of the first.
	bits	32
	global	trampoline, trampoline_end, trampoline_gdt
	extern	other_cpu

TRAMPOLINE	equ	0x8000	; where it is copied to: start-up vector 8
STACK		equ	8192
MOST_CPUS	equ	4
CODE		equ	0x10
DATA		equ	0x18

	section	.text
	bits	16
trampoline:
	cli
	xor	ax, ax
	mov	ds, ax
	o32 lgdt [TRAMPOLINE + trampoline_gdt - trampoline]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	jmp	dword CODE:arrive
trampoline_gdt:			; limit and base, filled in before it is copied
	dw	0
	dd	0
trampoline_end:

	bits	32
arrive:
	mov	ax, DATA
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	eax, 1
	lock xadd [arrived], eax
	cmp	eax, MOST_CPUS
	jae	.too_many
	mov	esp, eax
	imul	esp, STACK
	add	esp, stacks
	push	eax
	call	other_cpu
.too_many:
	cli
	hlt
	jmp	.too_many

	section	.data
	align	4
arrived: dd	1

	section	.bss
	alignb	16
stacks:	resb	MOST_CPUS * STACK
