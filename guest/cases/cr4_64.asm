%define MODE LONG64
%define SAYS "MOV to CR4: bits of the host exit, a forbidden one is #GP(0)"
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov rax, cr4
	mov rbx, rax
	xor rax, CR4_PSE
	exits CR_ACCESS, CR_WRITE(4, rax), mov cr4, rax
	with_field CR_NUMBER, 4
	mov rcx, cr4
	check_equal rcx, rax

	; PGE is the guest's own: no exit.
	xor rax, CR4_PGE
	mov cr4, rax
	mov rcx, cr4
	check_equal rcx, rax

	; No guest is shown that the CPU could virtualize.
	test eax, CR4_VMXE
	check z
	or rax, CR4_VMXE
	exits CR_ACCESS, CR_WRITE(4, rax), mov cr4, rax
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done

on_protection:
	pop rdx
	check_equal rdx, 0
	inc ebp
	return_to behind
