; ticks: prints the time-stamp counter as 0x and 16 hexadecimal digits. Under an emulator whose counter
; counts instructions this says how far the machine has come, in a measure that does not depend on what
; the kernel takes the counter's frequency to be. One 32-bit program serves 64-bit and 32-bit kernels.
bits 32

SYS_EXIT	equ 1
SYS_WRITE	equ 4
STDOUT		equ 1
DIGITS		equ 16

section .text
global _start
_start:
	rdtsc
	mov	edi, text.digits + DIGITS - 1
	mov	ecx, DIGITS
.digit:
	mov	ebx, eax
	and	ebx, 0xf
	mov	bl, [hexadecimal + ebx]
	mov	[edi], bl
	dec	edi
	shrd	eax, edx, 4
	shr	edx, 4
	loop	.digit

	mov	eax, SYS_WRITE
	mov	ebx, STDOUT
	mov	ecx, text
	mov	edx, text.end - text
	int	0x80
	mov	eax, SYS_EXIT
	xor	ebx, ebx
	int	0x80

section .data
hexadecimal:	db "0123456789abcdef"
text:		db "0x"
.digits:	times DIGITS db '0'
		db 10
.end:
