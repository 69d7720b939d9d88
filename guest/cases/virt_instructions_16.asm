%define MODE REAL16
%define SAYS "In real mode the CPU itself refuses them, without an exit"
%include "guest.inc"
	handle VECTOR_UNDEFINED, on_undefined
	xor ebp, ebp
	vmxoff
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_undefined:
	inc ebp
	return_to behind
