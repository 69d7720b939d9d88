%define MODE LONG64
%define SAYS "A single-step trap is intercepted and reflected"
%define EXCEPTIONS 1 << VECTOR_DEBUG
%include "guest.inc"
; Qualification bit 14: the trap is due to RFLAGS.TF. The trap comes behind the instruction that
; follows the one which sets TF.
DR6_BS equ 1 << 14
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	pushfq
	pop rbx
	mov rax, rbx
	or rax, RFLAGS_TF
	push rax
	exit_at trap, EXCEPTION, DR6_BS, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_DEBUG
	popfq
	nop
trap:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_debug:
	inc ebp
	mov rax, dr6
	test eax, DR6_BS
	check nz
	and qword [rsp + 16], ~RFLAGS_TF
	iretq
