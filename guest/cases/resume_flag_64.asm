%define MODE LONG64
%define SAYS "Faults that the host raises save RFLAGS.RF as 1, traps as 0"
%define INTERCEPTS INTERCEPT_DR
%define IGNORED KIND_BIT(DR_ACCESS)
%include "guest.inc"
%include "io.inc"
; A saved RF of 1 lets the instruction restart past its own breakpoint: SDM volume 3, "Instruction-
; Breakpoint Exception Condition". Injection saves what RFLAGS holds, so that the host has to set it.
X2APIC_ICR  equ 0x830
APIC_BASE   equ 0x1b
APIC_X2APIC equ 1 << 10
ICR_BAD     equ 7 << 8 ; no delivery mode of the ICR
UNKNOWN_MSR equ 0x12345
TABLE       equ 0x10000
HOLE        equ 0x12000
DR7_GD      equ 1 << 13 | 1 << 10
RF          equ 1 << 16
	handle VECTOR_DEBUG, on_plain
	handle VECTOR_UNDEFINED, on_plain
	handle VECTOR_BREAKPOINT, on_trap
	handle VECTOR_PROTECTION, on_code
	handle VECTOR_PAGE_FAULT, on_code
	xor ebp, ebp

	; #GP by the policy of MSRs
	mov r9d, .denied
	mov ecx, UNKNOWN_MSR
	exits MSR_READ, 0, rdmsr
	fail_here
.denied:
	; #GP by the machine above, for an ICR that means nothing
	mov ecx, APIC_BASE
	exits MSR_READ, 0, rdmsr
	or eax, APIC_X2APIC
	exits MSR_WRITE, 0, wrmsr
	mov r9d, .refused
	mov ecx, X2APIC_ICR
	mov eax, ICR_BAD
	xor edx, edx
	exits IPI, 0, wrmsr
	fail_here
.refused:
	; #PF by the emulation of string I/O
	mov edi, TABLE
	mov eax, 7
	mov ecx, 512
.fill:
	mov [rdi], rax
	add rdi, 8
	add eax, 0x1000
	loop .fill
	mov qword [TABLE + HOLE / 0x1000 * 8], 0
	mov qword [0x3000], TABLE | 7
	mov eax, GUEST_PAGE_TABLES
	mov cr3, rax
	mov r9d, .absent
	mov edx, PORT
	mov edi, HOLE
	exits IO, IO_QUALIFICATION(PORT, 1, IO_IN | IO_STRING), insb
	fail_here
.absent:
	; #DB by general detect, which is a fault
	mov r9d, .detected
	mov eax, DR7_GD
	mov dr7, rax
	mov dr1, rax
	fail_here
.detected:
	; #UD injected by the owner
	mov r9d, .owned
	call_board HYPERCALL_INJECT, EVENT_EXCEPTION, VECTOR_UNDEFINED, 0, 0
	fail_here
.owned:
	check_equal ebp, 5
	; INT3 in the place of a hypercall is a trap.
	call_board HYPERCALL_INJECT, EVENT_SOFTWARE_EXCEPTION, VECTOR_BREAKPOINT, 0, 0
	check_equal ebp, 6
	final ebp, 6
	hypercall_done

on_code:
	pop rax
on_plain:
	test dword [rsp + 16], RF
	check nz
	inc ebp
	mov [rsp], r9
	iretq
on_trap:
	test dword [rsp + 16], RF
	check z
	inc ebp
	iretq
