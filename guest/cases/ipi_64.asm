%define MODE LONG64
%define SAYS "Fixed interrupts and NMIs from one vCPU to others and to itself"
%define VCPUS 2
%define FLAGS GUEST_ALL_START
%include "guest.inc"
X2APIC_ICR  equ 0x830
APIC_BASE   equ 0x1b
APIC_X2APIC equ 1 << 10
ICR_NMI         equ 0x400
ICR_SELF        equ 1 << 18
ICR_ALL_BUT_SELF equ 3 << 18
%macro send 2 ; low half, destination
	mov ecx, X2APIC_ICR
	mov eax, %1
	mov edx, %2
	exits IPI, 0, wrmsr
	with_field ICR, (%2) << 32 | (%1)
%endmacro
	sti ; who spins can be interrupted by the host
	test edi, edi
	jnz sleeper
	handle 0x41, on_fixed
	handle 0x42, on_self
	handle 0x43, on_all
	handle VECTOR_NMI, on_nmi
	mov ecx, APIC_BASE
	exits MSR_READ, 0, rdmsr
	or eax, APIC_X2APIC
	exits MSR_WRITE, 0, wrmsr
	mov dword [ready], 1
	send 0x41, 1
.fixed:
	test dword [seen], 1
	jz .fixed
	send ICR_NMI, 1
.nmi:
	test dword [seen], 2
	jz .nmi
	send ICR_ALL_BUT_SELF | 0x43, 0
.all:
	test dword [seen], 4
	jz .all
	send ICR_SELF | 0x42, 0
	nop
	mov ebp, [seen]
	final ebp, 15
	hypercall_done

%assign VCPU 1
sleeper:
	cmp dword [ready], 1
	jne sleeper
.sleep:
	sti
	exits_times 1, 100, HLT, 0, hlt
	jmp .sleep
on_fixed:
	or dword [seen], 1
	iretq
on_nmi:
	or dword [seen], 2
	iretq
on_all:
	or dword [seen], 4
	iretq
on_self:
	or dword [seen], 8
	iretq
	align 8
ready:	dd 0
seen:	dd 0
