; A flat kernel of -DMODE=16, 32 or 64 bits: says in which mode it was entered and what its general
; registers hold, asks what a BIOS there is when it can, and switches off.
	bits	MODE
%if MODE == 16
	org	0
%else
	org	ADDRESS
%endif

COM1_DATA	equ	0x3f8
COM1_STATUS	equ	0x3fd
TRANSMITTER	equ	0x20
PM1A_CONTROL	equ	0x604
SLEEP_S5	equ	5 << 10 | 1 << 13
SMAP		equ	0x534d4150
EFER		equ	0xc0000080

%if MODE == 64
%define reg(x)	r%+x
%elif MODE == 32
%define reg(x)	e%+x
%else
%define reg(x)	x
%endif

%macro	value	1		; text; the value is in EAX
	mov	edx, eax
	mov	reg(si), %1
	call	say
	call	say_hex
%endmacro

	; Before anything has changed them.
%if MODE == 64
	or	rax, rbx
	or	rax, rcx
	or	rax, rdx
	or	rax, rsi
	or	rax, rdi
	or	rax, rbp
	or	rax, r8
	or	rax, r15
	mov	rsp, 0x90000
%else
	or	eax, ebx
	or	eax, ecx
	or	eax, edx
	or	eax, esi
	or	eax, edi
	or	eax, ebp
%if MODE == 16
	mov	sp, 0xfff0	; within the segment that the image is in
%else
	mov	esp, 0x90000
%endif
%endif
	value	registers
%if MODE == 64
	mov	rax, cr0
%else
	mov	eax, cr0
%endif
	and	eax, 0x80000001
	value	cr0_text
	mov	ecx, EFER
	rdmsr
	and	eax, 0x500
	value	efer_text
%if MODE == 16
	mov	ax, cs
	movzx	eax, ax
	value	cs_text
	int	0x12
	movzx	eax, ax
	value	base_text
	mov	ax, 0xe801
	int	0x15
	movzx	eax, ax
	value	extended_text
	xor	ebx, ebx
.next:
	mov	eax, 0xe820
	mov	ecx, 20
	mov	edx, SMAP
	mov	di, entry_buffer
	int	0x15
	jc	.over
	mov	eax, [entry_buffer]
	value	start_text
	mov	eax, [entry_buffer + 8]
	value	length_text
	test	ebx, ebx
	jnz	.next
.over:
%endif
	mov	reg(si), line_end
	call	say
	mov	dx, PM1A_CONTROL
	mov	ax, SLEEP_S5
	out	dx, ax
	cli
	hlt

; Sends the text at SI, up to its zero.
say:
	push	reg(dx)
.byte:
	mov	dx, COM1_STATUS
.wait:
	in	al, dx
	test	al, TRANSMITTER
	jz	.wait
	lodsb
	test	al, al
	jz	.done
	mov	dx, COM1_DATA
	out	dx, al
	jmp	.byte
.done:
	pop	reg(dx)
	ret

; Sends EDX.
say_hex:
	push	reg(cx)
	mov	cx, 8
.digit:
	rol	edx, 4
	mov	al, dl
	and	al, 15
	cmp	al, 10
	jb	.decimal
	add	al, 'a' - '0' - 10
.decimal:
	add	al, '0'
	mov	[digit], al
	mov	reg(si), digit
	call	say
	dec	cx
	jnz	.digit
	pop	reg(cx)
	ret

digit:		db	0, 0
registers:	db	"registers=", 0
cr0_text:	db	" cr0=", 0
efer_text:	db	" efer=", 0
line_end:	db	13, 10, 0
%if MODE == 16
cs_text:	db	" cs=", 0
base_text:	db	" base=", 0
extended_text:	db	" extended=", 0
start_text:	db	" start=", 0
length_text:	db	" length=", 0
entry_buffer:	times 20 db 0
%endif
