; Of the checks' kernel: an entry for each interrupt vector, and where a second CPU begins.
	bits	32
	global	vector_entries, trampoline, trampoline_end, trampoline_descriptor
	extern	interrupt, second_cpu

	section	.text
%assign vector 0
%rep 256
entry_%+vector:
	push	dword vector
	jmp	to_c
%assign vector vector + 1
%endrep

to_c:
	pushad
	cld
	push	dword [esp + 32]
	call	interrupt
	add	esp, 4
	popad
	add	esp, 4
	iret

; Copied to 0x8000; the descriptor of the GDT is filled in there.
	bits	16
trampoline:
	cli
	xor	ax, ax
	mov	ds, ax
	o32 lgdt [0x8000 + trampoline_descriptor - trampoline]
	mov	eax, cr0
	or	al, 1
	mov	cr0, eax
	jmp	dword 0x10:second_entry
trampoline_descriptor:
	dw	0
	dd	0
trampoline_end:

	bits	32
second_entry:
	mov	ax, 0x18
	mov	ds, ax
	mov	es, ax
	mov	ss, ax
	mov	esp, second_stack
	call	second_cpu

	section	.data
	align	4
vector_entries:
%assign vector 0
%rep 256
	dd	entry_%+vector
%assign vector vector + 1
%endrep

	section	.bss
	resb	8192
second_stack:
