%define MODE LONG64
%define SAYS "Nothing of a guest changes while another writes all of its memory"
%define MEMORY 0x100000
%define MEETING 1
%include "guest.inc"
	mov edi, end_of_code
.fill:
	mov [rdi], rdi
	add rdi, 8
	cmp rdi, MEMORY
	jb .fill
	hypercall HYPERCALL_MEET
	hypercall HYPERCALL_MEET
	mov edi, end_of_code
	xor ebp, ebp
.check:
	cmp [rdi], rdi
	check e
	inc ebp
	add rdi, 8
	cmp rdi, MEMORY
	jb .check
	final ebp, (MEMORY - end_of_code) / 8
	hypercall_done
end_of_code equ 0x9000 ; a page further on
