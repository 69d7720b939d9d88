%define MODE REAL16
%define SAYS "A denied RDMSR is #GP in real mode too"
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov ecx, 0x12345
	exits MSR_READ, 0, rdmsr
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_protection:
	inc ebp
	return_to behind
