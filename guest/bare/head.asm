; Headers and entry of a kernel of our own, by one protocol a build: -DMULTIBOOT1 (with addresses, as
; for an image that is no ELF), -DMULTIBOOT2 or -DPVH. All enter flat in 32-bit mode.
	bits	32
	global	entry
	extern	start, image_start, image_end, bss_end

%ifdef MULTIBOOT1
MAGIC	equ	0x1badb002
FLAGS	equ	1 << 16 | 3	; addresses; aligned modules, memory map
	section	.header
header:	dd	MAGIC, FLAGS, -(MAGIC + FLAGS)
	dd	header, image_start, image_end, bss_end, entry
%elifdef MULTIBOOT2
MAGIC	equ	0xe85250d6
	section	.header
	align	8
header:	dd	MAGIC, 0, header_end - header, -(MAGIC + (header_end - header))
	dw	1, 0		; what the information must have
	dd	16, 1, 6	; command line, memory map
	dw	6, 0		; modules on pages' borders
	dd	8
	dw	0, 0
	dd	8
header_end:
%elifdef PVH
	section	.note progbits alloc noexec
	dd	4, 4, 18	; XEN_ELFNOTE_PHYS32_ENTRY
	db	"Xen", 0
	dd	entry
%endif

	section	.text
entry:
	mov	esp, stack_end
	push	ebx		; information
	push	eax		; magic
	call	start

	section	.bss
	resb	16384
stack_end:
