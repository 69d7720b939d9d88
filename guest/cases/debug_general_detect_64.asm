%define MODE LONG64
%define SAYS "General detect: an intercepted MOV DR is #DB while DR7.GD is set"
%define INTERCEPTS INTERCEPT_DR
%include "guest.inc"
; The exit comes before the check, so that the host has to make it. The exception is a fault, DR6.BD
; is set and DR7.GD is cleared: SDM volume 3, "General-Detect Exception Condition".
DR_READ equ 1 << 4
DR6_BD  equ 1 << 13
DR7_GD  equ 1 << 13 | 1 << 10
CR4_DE  equ 1 << 3
	handle VECTOR_DEBUG, on_debug
	handle VECTOR_UNDEFINED, on_undefined
	xor ebp, ebp
	mov eax, DR7_GD
	exits DR_ACCESS, 7 | GPR_rax << 8, mov dr7, rax
guarded:
	exits DR_ACCESS, 1 | GPR_rax << 8, mov dr1, rax
	fail_here
on_debug:
	add ebp, 1
	cmp qword [rsp], guarded
	check e
	exits DR_ACCESS, 6 | DR_READ | GPR_rcx << 8, mov rcx, dr6
	test ecx, DR6_BD
	check nz
	exits DR_ACCESS, 7 | DR_READ | GPR_rdx << 8, mov rdx, dr7
	test edx, 1 << 13
	check z
	return_to behind

	; DR4 is DR6 until CR4.DE says otherwise.
behind:
	exits DR_ACCESS, 4 | DR_READ | GPR_rbx << 8, mov rbx, dr4
	check_equal rbx, rcx
	mov rax, cr4
	or eax, CR4_DE
	mov cr4, rax
	exits DR_ACCESS, 4 | DR_READ | GPR_rbx << 8, mov rbx, dr4
	fail_here
on_undefined:
	add ebp, 0x10
	check_equal ebp, 0x11
	final ebp, 0x11
	hypercall_done
