%define MODE LONG64
%define SAYS "An instruction with an operand in a device is carried out by the host"
%define IGNORED KIND_BIT(NESTED_FAULT)
%include "guest.inc"
%include "nested.inc"
; The device is memory behind the guest's own. How each instruction works is the host tests' to know;
; here is what they cannot have: real faults, vector registers, the trap of a single step.
DEVICE equ MEMORY
COUNT  equ 150 ; of string elements: more than the host moves at a time
DR6_BS equ 1 << 14

	call_board HYPERCALL_ON_FAULT, ON_FAULT_EMULATE

	; moves of every width
	mov rax, 0x1122334455667788
	mov [DEVICE], rax
	mov byte [DEVICE + 7], 0x99
	mov ebx, [DEVICE + 4]
	check_equal ebx, 0x99223344
	movzx ecx, word [DEVICE + 2]
	check_equal ecx, 0x5566

	; read, then written; the flags are the operation's
	lock sub dword [DEVICE], 0x55667789
	check s
	check_equal dword [DEVICE], -1
	xor eax, eax
	mov edx, 0x12345678
	lock cmpxchg [DEVICE], edx
	check nz
	check_equal eax, -1
	lock cmpxchg [DEVICE], edx
	check z
	check_equal dword [DEVICE], 0x12345678

	; partly in the guest's memory
	mov qword [DEVICE - 4], 0x7f
	check_equal dword [DEVICE - 4], 0x7f
	check_equal dword [DEVICE], 0

	; strings, in several parts
	mov edi, PAGE_
	mov ecx, COUNT
	mov eax, 0x5a
	rep stosb
	mov esi, PAGE_
	mov edi, DEVICE
	mov ecx, COUNT
	rep movsb
	check_equal ecx, 0
	check_equal edi, DEVICE + COUNT
	check_equal esi, PAGE_ + COUNT
	mov edi, DEVICE
	mov ecx, COUNT
	repe scasb
	check z
	check_equal ecx, 0

	; the stack
	push qword [DEVICE + 8]
	pop rax
	mov rbx, 0x5a5a5a5a5a5a5a5a
	check_equal rax, rbx

	; vector registers
	mov rax, cr4
	or rax, CR4_OSFXSR
	mov cr4, rax
	mov rax, cr0
	and rax, ~(1 << 2) ; EM
	mov cr0, rax
	mov qword [PAGE_], 0x01234567
	mov qword [PAGE_ + 8], 0x76543210
	movdqu xmm1, [PAGE_]
	movdqa xmm3, xmm1
	movaps [DEVICE + 16], xmm1
	check_equal dword [DEVICE + 16], 0x01234567
	check_equal dword [DEVICE + 24], 0x76543210
	pxor xmm2, xmm2
	movdqu xmm2, [DEVICE + 16]
	pcmpeqb xmm2, xmm3 ; both as they should be
	pmovmskb eax, xmm2
	check_equal eax, 0xffff

	; a single step
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	pushfq
	pop rbx
	or rbx, RFLAGS_TF
	push rbx
	popfq ; the first trap comes behind the next instruction
	mov [DEVICE], ebp
behind:
	exit_at behind, EXCEPTION, DR6_BS, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_DEBUG
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_debug:
	inc ebp
	cmp qword [rsp], behind
	check e
	and qword [rsp + 16], ~RFLAGS_TF
	iretq
