; A flat guest that resets its machine as soon as it starts, for ever: a shutdown by triple fault.
bits 32
org 0x100000

	lidt	[no_idt]
	ud2

no_idt:	dw 0
	dd 0
