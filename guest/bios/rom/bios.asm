; The BIOS of machines that are started without firmware: for kernels that begin in real mode and
; call it, and for what follows a reset of the CPU alone. It is the last 8 KiB below 1 MiB, in RAM
; (a firmware would have shadowed itself there), and the same below 4 GiB as ROM, where a CPU starts
; after INIT. The services are those of IBM, "Personal System/2 and Personal Computer BIOS Interface
; Technical Reference"; those of INT 15H that tell of memory are in ACPI, "System Address Map
; Interfaces".
;
; There is no power-on self-test: the board (guest/pc/pc_bios.c) has written vectors, data area and
; tables before the machine starts, and fills the head of this image.
	bits	16
	org	0xe000		; in segment BIOS_SEGMENT

BIOS_SEGMENT	equ	0xf000

; The BIOS data area, by offset into its segment.
BIOS_DATA	equ	0x40
COM_PORTS	equ	0x00
EQUIPMENT	equ	0x10
BASE_MEMORY	equ	0x13
KEY_HEAD	equ	0x1a
KEY_TAIL	equ	0x1c
CURSOR		equ	0x50	; column, row
CURSOR_SHAPE	equ	0x60	; last line, first line
RESET_VECTOR	equ	0x67	; offset, segment
TICKS		equ	0x6c
TICKS_HIGH	equ	0x6e
MIDNIGHT	equ	0x70
KEY_START	equ	0x80
KEY_END		equ	0x82

; Behind an interrupt and the pushing of BP.
SAVED_FLAGS	equ	6
CARRY		equ	1
ZERO		equ	0x40

; Behind the pushing of DS, ES and all registers.
FRAME_BX	equ	8
FRAME_DX	equ	10
FRAME_CX	equ	12
FRAME_AX	equ	14
FRAME_ES	equ	16
FRAME_FLAGS	equ	24

; The end of a service that tells by the carry flag (0 or 1).
%macro	return	1
	push	bp
	mov	bp, sp
%if %1
	or	byte [bp + SAVED_FLAGS], CARRY
%else
	and	byte [bp + SAVED_FLAGS], ~CARRY & 0xff
%endif
	pop	bp
	iret
%endmacro

%macro	bios_data	0	; into DS
	push	BIOS_DATA
	pop	ds
%endmacro

; --- the head: struct bios_head of guest/bios/bios_head.h ------------------------------------------

MEMORY_ENTRIES	equ	16
MEMORY_ENTRY	equ	20

memory_count:	dw	0
memory_to_16m:	dw	0	; KiB from 1 MiB, at most 15 MiB
memory_above:	dw	0	; blocks of 64 KiB from 16 MiB
memory_kib:	dw	0	; KiB from 1 MiB, at most 65535
memory_map:	times	MEMORY_ENTRIES * MEMORY_ENTRY db 0
screen:		dw	0	; 1: there is one
kernel:		dw	0, 0	; offset and segment of what real mode begins with
		dw	start

; Vectors and their handlers; the first is for every vector that is not named.
vector_count:	dw	(vectors_end - vectors) / 4
vectors:
	dw	0xff, nothing
%assign vector 0x08
%rep 8
	dw	vector, first_pic
%assign vector vector + 1
%endrep
%assign vector 0x70
%rep 8
	dw	vector, second_pic
%assign vector vector + 1
%endrep
	dw	0x08, tick
	dw	0x09, key_moved
	dw	0x10, video
	dw	0x11, equipment
	dw	0x12, base_memory
	dw	0x13, disk
	dw	0x14, serial
	dw	0x15, system
	dw	0x16, keyboard
	dw	0x17, printer
	dw	0x18, no_boot
	dw	0x19, no_boot
	dw	0x1a, clock
vectors_end:

; --- what needs no words -----------------------------------------------------------------------

nothing:
	iret

NOT_SUPPORTED	equ	0x86
refused:
	mov	ah, NOT_SUPPORTED
	return	1

done:
	return	0

; INT 13H: no disk.
DISK_BAD	equ	0x01
disk:
	mov	ah, DISK_BAD
	return	1

; INT 17H: no printer.
PRINTER_TIMEOUT	equ	0x80
printer:
	mov	ah, PRINTER_TIMEOUT
	iret

; INT 18H and 19H: nothing to start.
no_boot:
	cld
	mov	si, no_boot_text
.next:
	cs lodsb
	test	al, al
	jz	.stop
	mov	ah, 0x0e
	int	0x10
	jmp	.next
.stop:
	cli
	hlt
	jmp	.stop

no_boot_text:	db	"BIOS: nothing to boot", 13, 10, 0

%include "start.inc"
%include "video.inc"
%include "serial.inc"
%include "system.inc"
%include "clock.inc"
%include "keyboard.inc"

; --- the end of the ROM ------------------------------------------------------------------------

	times	0xfff0 - 0xe000 - ($ - $$) db 0
	jmp	near reset	; near: the first instruction may run below 4 GiB, and stays there
	times	0xfff5 - 0xe000 - ($ - $$) db 0
	db	"01/01/26"	; where PCs have their BIOS's date,
	db	0
	db	0xfc		; their model, here an AT's,
	db	0		; and the checksum of old ones
