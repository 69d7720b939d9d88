%define MODE PAE32
%define SAYS "A PDPTE with a reserved bit is #GP(0), and CR3 stays as it was"
%define INTERCEPTS INTERCEPT_CR3
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov eax, pdpt
	exits CR_ACCESS, CR_WRITE(3, eax), mov cr3, eax
	fail_here
behind:
	exits CR_ACCESS, CR_READ(3, ebx), mov ebx, cr3
	check_equal ebx, GUEST_PAGE_TABLES
	; An entry that is not present may hold anything.
	mov eax, [GUEST_PAGE_TABLES]
	mov [pdpt], eax
	mov dword [pdpt + 8], 0x1fe
	mov eax, pdpt
	exits CR_ACCESS, CR_WRITE(3, eax), mov cr3, eax
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_protection:
	pop eax
	check_equal eax, 0
	inc ebp
	return_to behind
	align 32
pdpt:	dq 0x2007, 0, 0, 0
