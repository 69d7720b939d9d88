%define MODE LONG64
%define SAYS "Once a page is read-only, no vCPU on any CPU writes it any more"
%define MEMORY 0x400000
%define VCPUS 2
%define FLAGS GUEST_ALL_START | GUEST_QUIET
%define IGNORED KIND_BIT(HYPERCALL) | KIND_BIT(NESTED_FAULT)
%include "guest.inc"
; The page lies in the middle of a large one, which has to be split while the other vCPU uses it.
SHARED equ 0x210000
ROUNDS equ 8
	sti ; who spins can be interrupted by the host
	test edi, edi
	jnz writer
	call_board HYPERCALL_ON_FAULT, ON_FAULT_SKIP
	mov r12d, ROUNDS
.round:
	mov r13d, [SHARED]
.moves:
	hypercall HYPERCALL_YIELD
	cmp [SHARED], r13d
	je .moves
	call_board HYPERCALL_NESTED_RIGHTS, SHARED, 0x1000, ACCESS_READ
	check_equal eax, 0
	mov r13d, [SHARED]
	mov ecx, 20000
.stands:
	dec ecx
	jnz .stands
	cmp [SHARED], r13d
	check e
	call_board HYPERCALL_NESTED_RIGHTS, SHARED, 0x1000, ACCESS_READ | ACCESS_WRITE
	check_equal eax, 0
	dec r12d
	jnz .round
	mov ebp, ROUNDS
	final ebp, ROUNDS
	hypercall_done
writer:
	inc dword [SHARED]
	jmp writer
