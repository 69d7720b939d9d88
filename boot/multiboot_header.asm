; The Multiboot2 header (Multiboot2 specification, "OS image format"): what Plinth asks of the
; loader. It lies in the first page of the image, well within the 32 KiB that a loader searches.

MAGIC           equ 0xe85250d6
ARCHITECTURE    equ 0 ; 32-bit protected mode of i386

TAG_END         equ 0
TAG_INFORMATION equ 1
TAG_CONSOLE     equ 4
TAG_ALIGN       equ 6
TAG_RELOCATABLE equ 10
OPTIONAL        equ 1

section .multiboot2 align=8 progbits alloc noexec nowrite

header:
	dd MAGIC
	dd ARCHITECTURE
	dd header_end - header
	dd (0 - (MAGIC + ARCHITECTURE + (header_end - header))) & 0xffffffff

	align 8
information: ; all of it is used if there and none of it is required
	dw TAG_INFORMATION, OPTIONAL
	dd .end - information
	dd 1, 2, 3, 6, 8, 11, 12, 14, 15, 17, 21
.end:
	align 8
; EGA text is understood. There is no framebuffer tag: with one, GRUB would leave a BIOS machine's
; text mode for a VBE mode. Without VGA text (UEFI) it hands over a framebuffer by itself.
console:
	dw TAG_CONSOLE, OPTIONAL
	dd .end - console
	dd 2
.end:
	align 8
modules: ; on page boundaries
	dw TAG_ALIGN, 0
	dd .end - modules
.end:
	align 8
relocatable: ; below 1 GiB, where boot/entry.asm can be, on a 2 MiB boundary, the lowest that is free
	dw TAG_RELOCATABLE, OPTIONAL
	dd .end - relocatable
	dd 0x200000, 0x3fffffff, 0x200000, 1
.end:
	align 8
	dw TAG_END, 0
	dd 8
header_end:
