; A kernel as small as Linux's boot protocol lets it be (Linux, "The Linux/x86 Boot Protocol", version
; 2.06), for the real-mode entry alone. Its setup code prints through the BIOS, its kernel at 1 MiB
; what the header tells: the command line, and the initrd with a dot for each zero.

	section	.setup start=0
	bits	16

BOOT_SECTOR	equ	512
SECTOR		equ	512
KERNEL		equ	0x100000
LOADED_HIGH	equ	1
COMMAND_LINE	equ	0x228	; fields, from the boot sector's start
RAMDISK_IMAGE	equ	0x218
RAMDISK_SIZE	equ	0x21c
FLAT_CODE	equ	gdt.code - gdt
FLAT_DATA	equ	gdt.data - gdt

	times	0x1f1 - ($ - $$) db 0
	db	1		; sectors of setup code
	dw	0
	dd	(kernel_end - kernel + 15) / 16
	dw	0, 0, 0
	dw	0xaa55
jump:	db	0xeb, header_end - jump - 2
	db	"HdrS"
	dw	0x0206
	dd	0
	dw	0, 0
	db	0
	db	LOADED_HIGH
	dw	0
	dd	0		; no entry in protected mode
	dd	0, 0, 0		; the initrd, by the loader
	dw	0, 0
	dd	0		; the command line, by the loader
	dd	0x7fffffff	; the highest byte of an initrd
	dd	0
	db	0, 0
	dw	0
	dd	255		; characters of a command line
header_end:

; DS and SS are the boot sector's segment, CS is the next sector's.
	cld
	mov	si, setup_text
.next:
	lodsb
	test	al, al
	jz	.printed
	mov	ah, 0x0e
	mov	bx, 7
	int	0x10
	jmp	.next
.printed:
	cli
	xor	ebx, ebx
	mov	bx, ds
	shl	ebx, 4
	lea	eax, [ebx + gdt]
	mov	[gdt + 2], eax
	lgdt	[gdt]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	jmp	dword FLAT_CODE:kernel

; Its own first descriptor, which nobody reads, says where it is.
gdt:	dw	.end - gdt - 1
	dd	0
	dw	0
.code:	dq	0x00cf9b000000ffff
.data:	dq	0x00cf93000000ffff
.end:

setup_text:
	db	"small linux: setup", 13, 10, 0
	times	BOOT_SECTOR + SECTOR - ($ - $$) db 0

	section	.kernel follows=.setup vstart=KERNEL
	bits	32

; The setup code's address is EBX.
kernel:
	mov	ax, FLAT_DATA
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	esp, 0x9000
	mov	esi, line_text
	call	say
	mov	esi, [ebx + COMMAND_LINE]
	call	say
	mov	esi, initrd_text
	call	say
	mov	esi, [ebx + RAMDISK_IMAGE]
	mov	ecx, [ebx + RAMDISK_SIZE]
	jecxz	.end
	mov	byte [esi + ecx], 0	; RAM behind it is nobody's
	mov	edi, esi
.next:
	cmp	byte [edi], 0
	jne	.kept
	mov	byte [edi], '.'
.kept:
	inc	edi
	loop	.next
	call	say
.end:
	mov	esi, end_text
	call	say
	jmp	switch_off

%include "com1.inc"

line_text:	db	"small linux: line=", 0
initrd_text:	db	13, 10, "small linux: initrd=", 0
end_text:	db	13, 10, 0
kernel_end:
