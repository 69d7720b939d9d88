%define MODE LONG64
%define SAYS "A breakpoint on data traps, and DR6 and DR7 tell of it"
%include "guest.inc"
; Breakpoint 1, on writes of four bytes: SDM volume 3, "Debug Registers".
DR6_B1      equ 1 << 1
DR7_WATCH_1 equ 1 << 2 | 1 << 20 | 3 << 22 | 1 << 10
	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	mov eax, watched
	mov dr1, rax
	mov eax, DR7_WATCH_1
	mov dr7, rax
	mov dword [watched], 1
behind:
	exit_at behind, EXCEPTION, DR6_B1, FULL_MASK, 1, 1
	with_field VECTOR, VECTOR_DEBUG
	mov eax, [watched] ; a read is none of its business
	check_equal ebp, 1
	final ebp, 1
	final_state DR7, DR7_WATCH_1
	hypercall_done
on_debug:
	inc ebp
	mov rax, dr6
	test eax, DR6_B1
	check nz
	cmp qword [rsp], behind
	check e
	iretq
	align 8
watched:
	dq 0
