; What is left of a BIOS for a kernel that is started without firmware and still calls it in real mode,
; as the setup code of Linux and the trampoline of Xen do: memory and equipment are told, screen and
; keyboard are those of a machine with neither, disks there are none. The functions are those of IBM's
; "Personal System/2 and Personal Computer BIOS Interface Technical Reference", and of INT 15H those
; of ACPI, "System Address Map Interfaces".
;
; The board (guest/pc/pc_bios.c) copies it to segment BIOS_SEGMENT, fills the head and points the
; interrupt vectors at it. Nothing here depends on where it is linked.
	global	bios_services_start, bios_services_end

MEMORY_ENTRIES	equ	16
MEMORY_ENTRY	equ	20
SMAP		equ	0x534d4150	; "SMAP"
BIOS_DATA	equ	0x40		; segment
EQUIPMENT	equ	0x10
BASE_MEMORY	equ	0x13
TICKS		equ	0x6c
TICKS_HIGH	equ	0x6e

NOT_SUPPORTED	equ	0x86
DISK_BAD	equ	0x01
PRINTER_TIMEOUT	equ	0x80
DEBUG_PORT	equ	0xe9

; Behind an interrupt and the pushing of BP.
SAVED_FLAGS	equ	6
CARRY		equ	1
ZERO		equ	0x40

%define at(label) (label - bios_services_start)

	section	.rodata
	bits	16
bios_services_start:
; The head: struct bios_head of guest/pc/pc_bios.c.
memory_count:	dw	0
memory_to_16m:	dw	0	; KiB from 1 MiB, at most 15 MiB
memory_above:	dw	0	; blocks of 64 KiB from 16 MiB
memory_kib:	dw	0	; KiB from 1 MiB, at most 65535
memory_map:	times	MEMORY_ENTRIES * MEMORY_ENTRY db 0

; Vectors and their handlers; the first is for every vector that is not named.
vector_count:	dw	(vectors_end - vectors) / 4
vectors:
	dw	0xff, at(nothing)
%assign vector 0x08
%rep 8
	dw	vector, at(first_pic)
%assign vector vector + 1
%endrep
%assign vector 0x70
%rep 8
	dw	vector, at(second_pic)
%assign vector vector + 1
%endrep
	dw	0x10, at(video)
	dw	0x11, at(equipment)
	dw	0x12, at(base_memory)
	dw	0x13, at(disk)
	dw	0x14, at(printer)
	dw	0x15, at(system)
	dw	0x16, at(keyboard)
	dw	0x17, at(printer)
	dw	0x18, at(no_boot)
	dw	0x19, at(no_boot)
	dw	0x1a, at(clock)
vectors_end:

; --- answers -----------------------------------------------------------------------------------

nothing:
	iret

; What the caller finds in its flags.
%macro	return	1		; carry: 0 or 1
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

refused:
	mov	ah, NOT_SUPPORTED
	return	1

done:
	return	0

second_pic:
	push	ax
	mov	al, 0x20
	out	0xa0, al
	out	0x20, al
	pop	ax
	iret

first_pic:
	push	ax
	mov	al, 0x20
	out	0x20, al
	pop	ax
	iret

; --- INT 10H: a VGA in mode 3 that nobody can change; text goes to the debug port ----------------

video:
	cmp	ah, 0x0e
	je	.teletype
	cmp	ah, 0x0f
	je	.mode
	cmp	ah, 0x03
	je	.cursor
	cmp	ax, 0x1a00
	je	.adapter
	cmp	ah, 0x12
	jne	nothing
	cmp	bl, 0x10
	jne	nothing
	mov	bx, 0x0003		; colour, 256 KiB
	xor	cx, cx
	iret
.teletype:
	out	DEBUG_PORT, al
	iret
.mode:
	mov	ax, 80 << 8 | 3
	mov	bh, 0
	iret
.cursor:
	mov	cx, 0x0d0e
	xor	dx, dx
	iret
.adapter:
	mov	al, ah
	mov	bx, 0x0008		; VGA with a colour display, and no other
	iret

; --- INT 11H and 12H ---------------------------------------------------------------------------

equipment:
	push	ds
	push	BIOS_DATA
	pop	ds
	mov	ax, [EQUIPMENT]
	pop	ds
	iret

base_memory:
	push	ds
	push	BIOS_DATA
	pop	ds
	mov	ax, [BASE_MEMORY]
	pop	ds
	iret

; --- INT 13H, 14H, 17H: nothing is there -------------------------------------------------------

disk:
	mov	ah, DISK_BAD
	return	1

printer:
	mov	ah, PRINTER_TIMEOUT
	iret

no_boot:
	cli
	hlt
	jmp	no_boot

; --- INT 15H -----------------------------------------------------------------------------------

system:
	cmp	ax, 0xe820
	je	.map
	cmp	ax, 0xe801
	je	.sizes
	cmp	ah, 0x88
	je	.size
	cmp	ah, 0x24
	jne	refused
	cmp	al, 1			; A20 off and on: it is on
	jbe	.a20
	cmp	al, 2
	je	.a20_state
	cmp	al, 3
	jne	refused
	mov	bx, 3			; by keyboard controller and port 92H
.a20:
	mov	ah, 0
	return	0
.a20_state:
	mov	ax, 1
	return	0
.size:
	mov	ax, [cs:at(memory_kib)]
	return	0
.sizes:
	mov	ax, [cs:at(memory_to_16m)]
	mov	bx, [cs:at(memory_above)]
	mov	cx, ax
	mov	dx, bx
	return	0
.map:
	cmp	edx, SMAP
	jne	refused
	cmp	ecx, MEMORY_ENTRY
	jb	refused
	push	edx
	movzx	edx, word [cs:at(memory_count)]
	cmp	ebx, edx
	pop	edx
	jae	refused
	push	si
	push	di
	imul	si, bx, MEMORY_ENTRY
	add	si, at(memory_map)
	mov	cx, MEMORY_ENTRY / 2
	cld
	cs rep movsw
	pop	di
	pop	si
	inc	bx
	cmp	bx, [cs:at(memory_count)]
	jb	.more
	xor	ebx, ebx
.more:
	mov	ecx, MEMORY_ENTRY
	mov	eax, edx
	return	0

; --- INT 16H: nobody types ---------------------------------------------------------------------

keyboard:
	test	ah, ~0x10 & 0xff
	jz	.wait
	and	ah, ~0x10 & 0xff
	cmp	ah, 1
	jne	.shifts
	push	bp
	mov	bp, sp
	or	byte [bp + SAVED_FLAGS], ZERO
	pop	bp
	iret
.shifts:
	cmp	ah, 2
	jne	nothing
	mov	al, 0
	iret
.wait:
	sti
	hlt
	jmp	.wait

; --- INT 1AH -----------------------------------------------------------------------------------

clock:
	test	ah, ah
	jnz	refused
	push	ds
	push	BIOS_DATA
	pop	ds
	mov	dx, [TICKS]
	mov	cx, [TICKS_HIGH]
	mov	al, 0
	pop	ds
	return	0

bios_services_end:
