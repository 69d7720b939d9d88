%define MODE LONG64
%define SAYS "A single step over an instruction that exits traps behind it"
%include "guest.inc"
; The instruction is carried out by the host, which has to make the trap pending that the CPU would.
DR6_BS equ 1 << 14
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	pushfq
	pop rbx
	or rbx, RFLAGS_TF
	xor eax, eax
	xor ecx, ecx
	push rbx
	popfq ; the first trap comes behind the next instruction
	exits CPUID, 0, cpuid
behind:
	exit_at behind, EXCEPTION, DR6_BS, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_DEBUG
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_debug:
	inc ebp
	mov rax, dr6
	test eax, DR6_BS
	check nz
	cmp qword [rsp], behind
	check e
	and qword [rsp + 16], ~RFLAGS_TF
	iretq
