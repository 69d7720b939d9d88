; A flat guest that says a word and switches off: the VM beside the one that a test is about.
bits 32
org 0x100000

	mov	esp, 0x90000
	mov	esi, hello
	call	say
	jmp	switch_off

%include "com1.inc"

hello:	db "hello", 13, 10, 0
