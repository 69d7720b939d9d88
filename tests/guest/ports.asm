; A flat guest with the serial ports COM2 and COM4 says something on each.
bits 32
org 0x100000

COM2	equ 0x2f8
COM4	equ 0x2e8

	mov	esp, 0x90000
	mov	dx, COM2
	mov	esi, to_com2
	call	send
	mov	dx, COM4
	mov	esi, to_com4
	call	send
	jmp	switch_off

; Sends the text at ESI, up to its zero, to the port DX.
send:
	lodsb
	test	al, al
	jz	.done
	out	dx, al
	add	dx, COM1_STATUS - COM1_DATA
.wait:
	in	al, dx
	test	al, TRANSMITTER
	jz	.wait
	sub	dx, COM1_STATUS - COM1_DATA
	jmp	send
.done:
	ret

%include "com1.inc"

to_com2: db "hello, COM2", 13, 10, 0
to_com4: db "hello, COM4", 13, 10, 0
