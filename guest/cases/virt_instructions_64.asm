%define MODE LONG64
%define SAYS "Instructions of virtualization are #UD for the guest"
%include "guest.inc"
	handle VECTOR_UNDEFINED, on_undefined
	xor ebp, ebp
%macro refused 1+
	mov ebx, %%behind
	exits VIRT_INSTRUCTION, 0, %1
	fail_here
%%behind:
%endmacro
	refused vmxoff
	refused vmxon [operand]
	refused vmclear [operand]
	refused vmptrld [operand]
	refused vmptrst [operand]
	refused vmread rax, rcx
	refused vmwrite rcx, rax
	refused vmlaunch
	refused vmresume
	refused invept rax, [operand]
	refused invvpid rax, [operand]
	check_equal ebp, 11
	final ebp, 11
	hypercall_done
on_undefined:
	inc ebp
	mov [rsp], rbx
	iretq
	align 16
operand: dq 0, 0
