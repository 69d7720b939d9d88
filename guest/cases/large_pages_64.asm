%define MODE LONG64
%define SAYS "Eight MiB, walked a word a page, without one exit"
%define MEMORY 0x800000
%include "guest.inc"
; The guest reaches all of its memory through the largest pages that the machine has.
	mov edi, 0x200000
	mov eax, 0x1000001
.write:
	mov [rdi], eax
	add eax, 3
	add edi, 0x1000
	cmp edi, MEMORY
	jb .write
	mov edi, 0x200000
	mov eax, 0x1000001
	xor ebp, ebp
.read:
	cmp [rdi], eax
	check e
	add eax, 3
	inc ebp
	add edi, 0x1000
	cmp edi, MEMORY
	jb .read
	final ebp, (MEMORY - 0x200000) / 0x1000
	hypercall_done
