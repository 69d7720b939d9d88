%define MODE LONG64
%define SAYS "RDPMC exits when the owner asks and is #GP(0)"
%define INTERCEPTS INTERCEPT_RDPMC
%include "guest.inc"
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	xor ecx, ecx
	exits RDPMC, 0, rdpmc
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_protection:
	drop_error_code
	inc ebp
	return_to behind
