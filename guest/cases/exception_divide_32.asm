%define MODE PROT32
%define SAYS "A division by zero is intercepted and reflected"
%define EXCEPTIONS 1 << VECTOR_DIVIDE
%include "guest.inc"
	handle VECTOR_DIVIDE, on_divide
	xor ebp, ebp
	xor edx, edx
	xor ecx, ecx
	mov eax, 7
	faults EXCEPTION, 0, div ecx
	with_field VECTOR, VECTOR_DIVIDE
	with_field HAS_ERROR_CODE, 0
	fail_here
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_divide:
	inc ebp
	return_to behind
