; The option ROM of a machine whose firmware has a Linux kernel to start (guest/pc/pc_offer.c): a BIOS
; finds it among the files of fw_cfg and, as that is first in the boot order, starts from it. It has
; fw_cfg copy setup code, kernel, initrd and command line to where they belong, and enters the setup
; code. Plug and Play BIOS Specification, "Option ROM Support", "Bootstrap Entry Vector"; QEMU, "QEMU
; Firmware Configuration (fw_cfg) Device"; Linux, "The Linux/x86 Boot Protocol", "Running the Kernel".
	bits	16
	org	0

ROM_SIZE	equ	512
NORMAL_STACK	equ	0x7c00	; in segment 0, as for a boot sector

; fw_cfg: items, and copies by DMA. What is more than one byte long is big-endian.
KERNEL_ADDRESS	equ	0x07
KERNEL_SIZE	equ	0x08
INITRD_ADDRESS	equ	0x0a
INITRD_SIZE	equ	0x0b
KERNEL_DATA	equ	0x11
INITRD_DATA	equ	0x12
LINE_ADDRESS	equ	0x13
LINE_SIZE	equ	0x14
LINE_DATA	equ	0x15
SETUP_ADDRESS	equ	0x16
SETUP_SIZE	equ	0x17
SETUP_DATA	equ	0x18
DMA_HIGH	equ	0x514
DMA_LOW		equ	0x518
DMA_ERROR	equ	0x01
DMA_READ	equ	0x02
DMA_SELECT	equ	0x08
MOST_DMA	equ	0x100000

; In segment 0, above the stack: what is to be copied, and a number that was.
ACCESS		equ	0x7c00
ACCESS_CONTROL	equ	ACCESS
ACCESS_LENGTH	equ	ACCESS + 4
ACCESS_HIGH	equ	ACCESS + 8
ACCESS_LOW	equ	ACCESS + 12
NUMBER		equ	ACCESS + 16

header:	db	0x55, 0xaa
	db	ROM_SIZE / 512
	retf			; the BIOS's call at its start: nothing to do
	times	0x1a - ($ - $$) db 0
	dw	pnp

; The checksum makes all bytes of the structure 0 together.
%define	low(x)	((x) & 0xff)
%define	sum(x)	(low(x) + ((x) >> 8))
	align	16, db 0
pnp:	db	"$PnP"
	db	1		; the structure's version,
	db	(pnp_end - pnp) / 16
	dw	0		; no other follows
	db	0
	db	-('$' + 'P' + 'n' + 'P' + 1 + 2 + sum(maker - $$) + sum(name - $$) + 0x64 + sum(start - $$)) & 0xff
	dd	0		; no device
	dw	maker, name
	db	0, 0, 0		; of no class
	db	0x64		; shadowable, read cacheable, may be the device to start from
	dw	0, 0		; neither connection nor disconnection vector
	dw	start		; bootstrap entry vector
	dw	0, 0
pnp_end:

maker:	db	"Plinth", 0
name:	db	"Linux kernel", 0

start:
	cld
	xor	ax, ax
	mov	ss, ax
	mov	sp, NORMAL_STACK
	mov	ds, ax
	mov	si, parts
.part:
	cs lodsb
	call	number		; its size
	push	eax
	cs lodsb
	call	number		; where it goes
	mov	edi, eax
	pop	ecx
	cs lodsb
	call	copy
	cmp	si, parts_end
	jb	.part

	mov	al, SETUP_ADDRESS
	call	number
	mov	ebx, eax
	mov	al, LINE_ADDRESS
	call	number
	sub	eax, ebx	; stack and heap end where the command line begins
	shr	ebx, 4
	cli
	mov	ss, bx
	movzx	esp, ax
	mov	ds, bx
	mov	es, bx
	mov	fs, bx
	mov	gs, bx
	add	bx, 0x20	; behind the boot sector
	push	bx
	push	0
	retf

; The item AL, 32 bits long: EAX. Changes ECX and EDI.
number:
	mov	edi, NUMBER
	mov	ecx, 4
	call	copy
	mov	eax, [NUMBER]
	ret

; Copies ECX bytes of the item AL to physical address EDI, in pieces that fw_cfg takes.
copy:
	movzx	eax, al
	shl	eax, 16
	mov	al, DMA_SELECT
.piece:
	or	al, DMA_READ
	mov	edx, ecx
	cmp	edx, MOST_DMA
	jbe	.all
	mov	edx, MOST_DMA
.all:
	bswap	eax
	mov	[ACCESS_CONTROL], eax
	mov	eax, edx
	bswap	eax
	mov	[ACCESS_LENGTH], eax
	mov	dword [ACCESS_HIGH], 0
	mov	eax, edi
	bswap	eax
	mov	[ACCESS_LOW], eax
	push	dx
	mov	dx, DMA_HIGH
	xor	eax, eax
	out	dx, eax
	mov	dx, DMA_LOW
	mov	eax, ACCESS
	bswap	eax
	out	dx, eax		; and it copies
	pop	dx
.wait:
	mov	eax, [ACCESS_CONTROL]
	bswap	eax
	test	al, DMA_ERROR
	jnz	failed
	test	eax, eax
	jnz	.wait
	add	edi, edx
	sub	ecx, edx
	jnz	.piece
	ret

failed:
	mov	si, failed_text
.next:
	cs lodsb
	test	al, al
	jz	.end
	mov	ah, 0x0e
	mov	bx, 7
	int	0x10
	jmp	.next
.end:
	int	0x18		; the BIOS goes on to the next device

failed_text:	db	"The kernel does not fit into memory", 13, 10, 0

parts:	db	SETUP_SIZE, SETUP_ADDRESS, SETUP_DATA
	db	LINE_SIZE, LINE_ADDRESS, LINE_DATA
	db	KERNEL_SIZE, KERNEL_ADDRESS, KERNEL_DATA
	db	INITRD_SIZE, INITRD_ADDRESS, INITRD_DATA
parts_end:

	times	ROM_SIZE - ($ - $$) db 0	; the last byte is the checksum's: tools/sign-rom
