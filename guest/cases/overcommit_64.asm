%define MODE LONG64
%define SAYS "Sixteen vCPUs share fewer CPUs, and each of them gets through"
%define VCPUS 16
%define FLAGS GUEST_ALL_START | GUEST_QUIET
%define IGNORED KIND_BIT(HYPERCALL) | KIND_BIT(HLT)
%include "guest.inc"
%macro hypercall_yield 0
	mov eax, HYPERCALL_YIELD
	vmcall
%endmacro
	mov r12d, edi
	mov r13d, 20
.turns:
	hypercall_yield
	dec r13d
	jnz .turns
	lock inc dword [arrived]
	test r12d, r12d
	jnz sleep
.wait:
	hypercall_yield
	cmp dword [arrived], VCPUS
	jb .wait
	mov ebp, [arrived]
	final ebp, VCPUS
	hypercall_done
sleep:
	cli
	hlt
	jmp sleep
	align 8
arrived: dd 0
