; A flat guest in real mode that calls each service of the BIOS and prints through it; then it resets
; the CPU in each way that keeps memory, and comes back by the shutdown byte of CMOS; and at last
; without that byte, which starts the machine anew. Memory is lost then, so the clock's
; battery-backed memory knows of it.
bits 16
org 0

CMOS_INDEX	equ 0x70
CMOS_DATA	equ 0x71
CMOS_SHUTDOWN	equ 0x0f
CMOS_STARTS	equ 0x50
SHUTDOWN_EOI_JUMP equ 0x05
SHUTDOWN_JUMP	equ 0x0a
KEYBOARD	equ 0x64
PULSE_RESET	equ 0xfe
PORT_92		equ 0x92
FAST_INIT	equ 1
RESET_CONTROL	equ 0xcf9
CPU_RESET	equ 0x04
APIC_BASE	equ 0x1b
X2APIC_ENABLE	equ 1 << 10
X2APIC_ICR	equ 0x830
ICR_INIT	equ 0x4500
PM1A_CONTROL	equ 0x604
SLEEP_S5	equ 5 << 10 | 1 << 13
SMAP		equ 0x534d4150
STACK_TOP	equ 0xf000
ENTRY		equ 0x8000	; of the memory map, behind the image

; Segments and stack were reset, and memory was not.
%macro	back	0
	mov	ax, cs
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	sp, STACK_TOP
	cmp	dword [ENTRY], SMAP
	jne	stuck
%endmacro

%macro	print	1+
	jmp	%%on
%%text:	db	%1, 0
%%on:
	mov	si, %%text
	call	say
%endmacro

	mov	sp, STACK_TOP
	sti
	mov	al, CMOS_STARTS
	out	CMOS_INDEX, al
	in	al, CMOS_DATA
	inc	al
	out	CMOS_DATA, al
	cmp	al, 1
	je	services
	print	"started anew", 13, 10
	jmp	switch_off

; --- services ----------------------------------------------------------------------------------

services:
	mov	ax, 0x0003
	int	0x10
	print	"hello from real mode", 13, 10

	mov	ah, 0x0f
	int	0x10
	call	say_word		; columns and mode
	print	" mode", 13, 10
	mov	ah, 0x03
	mov	bh, 0
	int	0x10
	mov	ax, dx
	call	say_word
	print	" cursor", 13, 10

	mov	ax, 0x1301		; a string, and the cursor behind it
	mov	bx, 0x0007
	mov	cx, text.end - text
	mov	dx, 0x0a00
	mov	bp, text
	int	0x10
	mov	ah, 0x02
	mov	dx, 0x0a04
	int	0x10
	mov	ah, 0x08		; what it wrote, fifth character
	int	0x10
	call	say_word
	print	" cell", 13, 10
	mov	ax, 0x0601		; one row up
	mov	bh, 0x1f
	mov	cx, 0
	mov	dx, 0x184f
	int	0x10
	mov	ah, 0x02
	mov	dx, 0x0904
	int	0x10
	mov	ah, 0x08
	int	0x10
	call	say_word
	mov	ah, 0x02
	mov	dx, 0x1800
	int	0x10
	mov	ah, 0x08
	int	0x10
	print	" scrolled, "
	call	say_word
	print	" below", 13, 10

	int	0x11
	call	say_word
	print	" equipment", 13, 10
	int	0x12
	call	say_word
	print	" KiB", 13, 10

	mov	ah, 0x02
	mov	dl, 0x80
	int	0x13
	call	say_carry
	print	" disk", 13, 10
	mov	ax, 0x0100 | '!'
	mov	dx, 0
	int	0x14
	print	" serial", 13, 10

	mov	ax, 0x2401
	int	0x15
	call	say_carry
	mov	ax, 0x2402
	int	0x15
	call	say_word
	print	" A20", 13, 10
	mov	ah, 0x88
	int	0x15
	call	say_word
	print	" KiB above 1 MiB", 13, 10
	mov	ax, 0xe801
	int	0x15
	call	say_word
	mov	ax, bx
	call	say_word
	print	" KiB, then 64 KiB", 13, 10
	mov	ah, 0xc0
	int	0x15
	call	say_carry
	print	" system description", 13, 10

	xor	ebx, ebx
.map:
	mov	eax, 0xe820
	mov	edx, SMAP
	mov	ecx, 20
	mov	di, ENTRY
	int	0x15
	jc	.map_failed
	cmp	eax, SMAP
	jne	.map_failed
	mov	eax, [ENTRY + 4]
	call	say_double
	mov	eax, [ENTRY]
	call	say_double
	mov	eax, [ENTRY + 12]
	call	say_double
	mov	eax, [ENTRY + 8]
	call	say_double
	mov	ax, [ENTRY + 16]
	call	say_word
	print	" map", 13, 10
	test	ebx, ebx
	jnz	.map
.map_failed:

	mov	ah, 0x01		; no key; one is put; it is seen, and taken
	int	0x16
	jnz	.key_failed
	mov	ax, 0x0500
	mov	cx, 0x1c0d
	int	0x16
	mov	ah, 0x11
	int	0x16
	jz	.key_failed
	call	say_word
	mov	ah, 0x00
	int	0x16
	call	say_word
	mov	ah, 0x01
	int	0x16
	jnz	.key_failed
	print	" key", 13, 10
.key_failed:

	mov	ah, 0x00		; two ticks, and a wait of 60 ms, which is at least one
	int	0x1a
	mov	bx, dx
	hlt
	hlt
	int	0x1a
	sub	dx, bx
	cmp	dx, 2
	jb	.clock_failed
	add	bx, dx
	mov	ah, 0x86
	mov	cx, 0
	mov	dx, 60000
	int	0x15
	mov	ah, 0x00
	int	0x1a
	cmp	dx, bx
	je	.clock_failed
	print	"ticks", 13, 10
.clock_failed:
	mov	ah, 0x04
	int	0x1a
	mov	al, ch			; the century alone is known
	call	say_byte
	print	" century", 13, 10

; --- resets of the CPU -------------------------------------------------------------------------

	mov	al, SHUTDOWN_JUMP
	mov	bx, .by_keyboard
	call	come_back
	mov	al, PULSE_RESET
	out	KEYBOARD, al
	jmp	stuck
.by_keyboard:
	back
	print	"back from the keyboard controller", 13, 10

	mov	al, SHUTDOWN_EOI_JUMP
	mov	bx, .by_port_92
	call	come_back
	in	al, PORT_92
	or	al, FAST_INIT
	out	PORT_92, al
	jmp	stuck
.by_port_92:
	back
	print	"back from port 92", 13, 10

	mov	al, SHUTDOWN_JUMP
	mov	bx, .by_control
	call	come_back
	mov	dx, RESET_CONTROL
	mov	al, CPU_RESET
	out	dx, al
	jmp	stuck
.by_control:
	back
	print	"back from port CF9", 13, 10

	mov	al, SHUTDOWN_JUMP
	mov	bx, .by_ipi
	call	come_back
	mov	ecx, APIC_BASE
	rdmsr
	or	eax, X2APIC_ENABLE
	wrmsr
	mov	ecx, X2APIC_ICR
	xor	edx, edx
	mov	eax, ICR_INIT
	wrmsr
	jmp	stuck
.by_ipi:
	back
	print	"back from an INIT to itself", 13, 10

	; The byte was for once.
	mov	al, PULSE_RESET
	out	KEYBOARD, al

stuck:
	print	"no reset", 13, 10
switch_off:
	mov	dx, PM1A_CONTROL
	mov	ax, SLEEP_S5
	out	dx, ax
	cli
	hlt

; The reset vector is to lead to BX, for the reason AL.
come_back:
	cli
	mov	ah, al
	mov	al, CMOS_SHUTDOWN
	out	CMOS_INDEX, al
	mov	al, ah
	out	CMOS_DATA, al
	push	ds
	push	0x40
	pop	ds
	mov	[0x67], bx
	mov	[0x69], cs
	pop	ds
	mov	dword [ENTRY], SMAP	; memory that is to stay
	ret


; --- words -------------------------------------------------------------------------------------

; The text at SI.
say:
	pusha
.next:
	lodsb
	test	al, al
	jz	.done
	mov	ah, 0x0e
	mov	bx, 0
	int	0x10
	jmp	.next
.done:
	popa
	ret

say_double:
	push	eax
	shr	eax, 16
	call	say_word
	pop	eax
say_word:
	push	ax
	mov	al, ah
	call	say_byte
	pop	ax
say_byte:
	push	ax
	shr	al, 4
	call	.digit
	pop	ax
.digit:
	pusha
	and	al, 0x0f
	cmp	al, 10
	jb	.decimal
	add	al, 'a' - '0' - 10
.decimal:
	add	al, '0'
	mov	ah, 0x0e
	mov	bx, 0
	int	0x10
	popa
	ret

; What a service told by the carry flag.
say_carry:
	jc	.set
	print	"yes"
	ret
.set:
	print	"no"
	ret

text:	db	"by string", 13, 10
.end:
