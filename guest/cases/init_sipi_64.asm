%define MODE LONG64
%define SAYS "INIT and SIPI from one vCPU start the other in real mode"
%define VCPUS 2
%include "guest.inc"
X2APIC_ICR  equ 0x830
APIC_BASE   equ 0x1b
APIC_X2APIC equ 1 << 10
ICR_INIT    equ 0x00004500 ; INIT, level assert
ICR_SIPI    equ 0x00004600
SIPI_PAGE   equ 0x9
	sti ; who spins can be interrupted by the host
	mov ecx, APIC_BASE
	exits MSR_READ, 0, rdmsr
	or eax, APIC_X2APIC
	exits MSR_WRITE, 0, wrmsr
	mov ecx, X2APIC_ICR
	mov eax, ICR_INIT
	mov edx, 1
	exits IPI, 0, wrmsr
	with_field ICR, 1 << 32 | ICR_INIT
	mov eax, ICR_SIPI | SIPI_PAGE
	exits IPI, 0, wrmsr
	with_field ICR, 1 << 32 | ICR_SIPI | SIPI_PAGE
	; A second SIPI finds it running and changes nothing.
	exits IPI, 0, wrmsr
.wait:
	cmp dword [answer], 0x51b10042
	jne .wait
	mov ebp, [answer]
	final ebp, 0x51b10042
	hypercall_done
	align 8
answer:	dd 0

	times SIPI_PAGE * 0x1000 - GUEST_LOAD - ($ - $$) db 0x90
BITS 16
%assign VCPU 1
%assign RIP_BASE SIPI_PAGE * 0x1000
started:
	mov eax, 1
	exits CPUID, 0, cpuid
	shr ebx, 24 ; the APIC id
	mov eax, 0x51b10041
	add eax, ebx
	xor bx, bx
	mov ds, bx
	mov [answer], eax
	cli
	exits_times 0, 1, HLT, 0, hlt
