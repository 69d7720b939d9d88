%define MODE LONG64
%define SAYS "UD2 is intercepted and reflected"
%define EXCEPTIONS 1 << VECTOR_UNDEFINED
%include "guest.inc"
	handle VECTOR_UNDEFINED, on_undefined
	xor ebp, ebp
	faults EXCEPTION, 0, ud2
	with_field VECTOR, VECTOR_UNDEFINED
	with_field HAS_ERROR_CODE, 0
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_undefined:
	inc ebp
	return_to behind
