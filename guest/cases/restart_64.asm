%define MODE LONG64
%define SAYS "A VM that starts anew finds its vCPUs as they first were"
%define VCPUS 3
%define FLAGS GUEST_ALL_START | GUEST_QUIET
%define IGNORED KIND_BIT(HYPERCALL) | KIND_BIT(HLT) | KIND_BIT(MSR_READ) | KIND_BIT(MSR_WRITE) | KIND_BIT(CR_ACCESS)
%include "guest.inc"
LIVES        equ 5
LSTAR        equ 0xc0000082
MISC_ENABLE  equ 0x1a0
TSC_ADJUST   equ 0x3b
CR4_OSFXSR   equ 1 << 9
	mov r12d, edi
	; The state of a first start, in every life.
	check_equal r15, 0
	mov rax, dr0
	check_equal rax, 0
	mov rax, dr7
	check_equal rax, 0x400
	mov rax, cr2
	check_equal rax, 0
	mov rax, cr8
	check_equal rax, 0
	mov ecx, LSTAR
	rdmsr
	check_equal eax, 0
	mov ecx, TSC_ADJUST
	rdmsr
	check_equal eax, 0
	mov rax, cr4
	or eax, CR4_OSFXSR
	mov cr4, rax
	movq rax, xmm0
	check_equal rax, 0
	; And now another one.
	mov eax, 0x1234
	movq xmm0, rax
	mov r15, rax
	mov dr0, rax
	mov cr2, rax
	mov eax, 1
	mov dr7, rax
	mov cr8, rax
	mov ecx, LSTAR
	mov eax, 0x5678
	xor edx, edx
	wrmsr
	mov ecx, TSC_ADJUST
	mov eax, 0x1000
	wrmsr
	lock inc dword [arrived]
	test r12d, r12d
	jz first
	; One halts, so that it is restarted from there; another runs.
	sti
	cmp r12d, 2
	je .run
	cli
.halt:
	hlt
	jmp .halt
.run:
	jmp .run

first:
	sti
.wait:
	mov eax, HYPERCALL_YIELD
	vmcall
	mov ebp, [lives]
	inc ebp
	imul eax, ebp, VCPUS
	cmp [arrived], eax
	jb .wait
	mov [lives], ebp
	cmp ebp, LIVES
	je .done
	mov eax, HYPERCALL_RESTART
	vmcall
	fail_here
.done:
	mov eax, [arrived]
	check_equal eax, LIVES * VCPUS
	final ebp, LIVES
	hypercall_done
	align 8
arrived: dd 0
lives:	dd 0
