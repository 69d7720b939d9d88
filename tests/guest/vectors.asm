; vectors: a process whose vector registers hold its number, and that gives way to others a thousand
; times, must find it there. Several at once show whether the kernel can keep them apart. Needs AVX.
; Exit status 0; 1 when a register was lost.
bits 64

SYS_SCHED_YIELD	equ 24
SYS_GETPID	equ 39
SYS_EXIT	equ 60
REGISTERS	equ 16
BYTES		equ 32
TURNS		equ 1000

section .bss
alignb BYTES
due:	resb BYTES
found:	resb BYTES

section .text
global _start
_start:
	mov	eax, SYS_GETPID
	syscall
	mov	ecx, BYTES / 8
	mov	edi, due
	rep stosq
%assign n 0
%rep REGISTERS
	vmovdqa	ymm %+ n, [due]
%assign n n + 1
%endrep
	mov	ebx, TURNS
turn:
	mov	eax, SYS_SCHED_YIELD
	syscall
%assign n 0
%rep REGISTERS
	vmovdqa	[found], ymm %+ n
	call	compare
%assign n n + 1
%endrep
	dec	ebx
	jnz	turn
	xor	edi, edi
	jmp	exit

compare:
	mov	ecx, BYTES / 8
	mov	esi, due
	mov	edi, found
	repe cmpsq
	jne	lost
	ret
lost:
	mov	edi, 1
exit:
	mov	eax, SYS_EXIT
	syscall
