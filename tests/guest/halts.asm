; A flat guest that halts for good: no interrupt is let in, and no other processor is there.
bits 32
org 0x100000

	mov	esp, 0x90000
	mov	esi, text
	call	say
	cli
	hlt

%include "com1.inc"

text:	db "halts", 13, 10, 0
