%define MODE LONG64
%define SAYS "A single step is held back behind MOV SS, across an exit"
%include "guest.inc"
; MOV SS blocks the trap until the end of the next instruction, which exits here: once the host has
; carried it out the blocking is over and one trap is pending.
DR6_BS equ 1 << 14
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	pushfq
	pop rbx
	or rbx, RFLAGS_TF
	xor eax, eax
	xor ecx, ecx
	mov edx, ss
	push rbx
	popfq
	mov ss, edx
	exits CPUID, 0, cpuid
behind:
	exit_at behind, EXCEPTION, DR6_BS, FULL_MASK, 1, 1
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_debug:
	inc ebp
	cmp qword [rsp], behind
	check e
	and qword [rsp + 16], ~RFLAGS_TF
	iretq
