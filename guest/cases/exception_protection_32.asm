%define MODE PROT32
%define SAYS "A #GP with a selector as error code is intercepted and reflected"
%define EXCEPTIONS 1 << VECTOR_PROTECTION
%include "guest.inc"
SELECTOR equ 0x7f8 ; past the end of the GDT
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov eax, SELECTOR
	faults EXCEPTION, 0, mov fs, eax
	with_field VECTOR, VECTOR_PROTECTION
	with_field HAS_ERROR_CODE, 1
	with_field ERROR_CODE, SELECTOR
	fail_here
behind:
	final ebp, SELECTOR
	hypercall_done
on_protection:
	pop ebp
	return_to behind
