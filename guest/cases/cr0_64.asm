%define MODE LONG64
%define SAYS "MOV to CR0: bits of the host exit, bits of the guest do not"
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp

	; NE belongs to the host, and the guest still sees what it wrote.
	mov rax, cr0
	mov rbx, rax
	xor rax, CR0_NE
	exits CR_ACCESS, CR_WRITE(0, rax), mov cr0, rax
	with_field CR_NUMBER, 0
	mov rcx, cr0
	check_equal rcx, rax
	exits CR_ACCESS, CR_WRITE(0, rbx), mov cr0, rbx

	; WP is the guest's own: no exit.
	mov rax, rbx
	xor rax, CR0_WP
	mov cr0, rax
	mov rcx, cr0
	check_equal rcx, rax
	mov cr0, rbx

	; Paging without protection, and NW without CD, are #GP(0).
	mov rdx, rbx
	and rdx, ~CR0_PE
	exits CR_ACCESS, CR_WRITE(0, rdx), mov cr0, rdx
	fail_here
.no_protection:
	mov rdx, CR0_NW
	or rdx, rbx
	exits CR_ACCESS, CR_WRITE(0, rdx), mov cr0, rdx
	fail_here
.no_cache_disable:
	check_equal ebp, 2
	mov rcx, cr0
	check_equal rcx, rbx
	final ebp, 2
	hypercall_done

on_protection:
	pop rax
	check_equal rax, 0
	inc ebp
	cmp ebp, 2
	je .second
	return_to main.no_protection
.second:
	return_to main.no_cache_disable
