; The entry of a 64-bit kernel that lives at the top of its address space: by PVH, flat in 32-bit mode.
; Maps the first GiB there, and at 0 as well, and calls `start` with its command line.
	bits	32
	global	entry, load_idt
	extern	start

HIGH		equ	0xffffffff80000000
CR4_PAE		equ	1 << 5
EFER		equ	0xc0000080
EFER_LME	equ	1 << 8
CR0_PG		equ	1 << 31
LARGE_PAGE	equ	1 << 7 | 3
COMMAND_LINE	equ	24	; in the start information

	section	.note progbits alloc noexec
	dd	4, 4, 18	; XEN_ELFNOTE_PHYS32_ENTRY
	db	"Xen", 0
	dd	entry

	section	.boot progbits alloc exec write
entry:
	mov	esi, [ebx + COMMAND_LINE]
	mov	edi, directory
	mov	eax, LARGE_PAGE
	mov	ecx, 512
.page:
	mov	[edi], eax
	add	eax, 1 << 21
	add	edi, 8
	loop	.page
	mov	dword [root], pointers + 3
	mov	dword [root + 511 * 8], pointers + 3
	mov	dword [pointers], directory + 3
	mov	dword [pointers + 510 * 8], directory + 3
	mov	eax, root
	mov	cr3, eax
	mov	eax, cr4
	or	eax, CR4_PAE
	mov	cr4, eax
	mov	ecx, EFER
	rdmsr
	or	eax, EFER_LME
	wrmsr
	mov	eax, cr0
	or	eax, CR0_PG
	mov	cr0, eax
	lgdt	[gdt_pointer]
	jmp	8:.long
	bits	64
.long:
	mov	ax, 16
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	edi, esi
	mov	rsp, HIGH + stack_end
	xor	ebp, ebp
	mov	rax, start
	call	rax
.halt:
	cli
	hlt
	jmp	.halt

	align	8
gdt:	dq	0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdt_pointer:
	dw	$ - gdt - 1
	dd	gdt

	align	4096
root:	times	4096 db 0
pointers:
	times	4096 db 0
directory:
	times	4096 db 0
stack:	times	8192 db 0
stack_end:

	section	.text
load_idt:
	lidt	[rdi]
	ret
