%define MODE LONG64
%define SAYS "A guest writes all of its memory while another looks at its own"
%define MEMORY 0x100000
%define MEETING 1
%include "guest.inc"
; Everything but its code, its tables and one word of stack; the neighbour then checks itself.
	hypercall HYPERCALL_MEET
	mov edi, end_of_code
	mov rax, 0xdeadbeefdeadbeef
	mov ecx, (MEMORY - end_of_code) / 8
	rep stosq
	mov edi, 0
	mov ecx, GUEST_PAGE_TABLES / 8
	rep stosq
	mov rax, [MEMORY - 8]
	mov rbx, 0xdeadbeefdeadbeef
	check_equal rax, rbx
	hypercall HYPERCALL_MEET
	hypercall_done
end_of_code equ 0x9000 ; a page further on
