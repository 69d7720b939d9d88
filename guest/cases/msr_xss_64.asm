%define MODE LONG64
%define SAYS "IA32_XSS exists where CPUID shows XSAVES, and takes 0 alone"
%include "guest.inc"
; No supervisor component is shown in CPUID.(0DH,1):ECX, so that a bit of any is #GP(0): SDM volume
; 1, "Enabling the XSAVE Feature Set and XSAVE-Enabled Features".
XSS          equ 0xda0
CPUID_XSAVE  equ 1 << 26
CPUID_XSAVES equ 1 << 3
	handle VECTOR_PROTECTION, on_protection
	xor ebp, ebp
	mov eax, 1
	exits CPUID, 0, cpuid
	test ecx, CPUID_XSAVE
	jz .without
	mov eax, 0xd
	mov ecx, 1
	exits CPUID, 0, cpuid
	test eax, CPUID_XSAVES
	jnz .has_it
.without:
	skip "the CPU has no XSAVES"
.has_it:
	mov r8d, ecx
	or r8d, edx
	check_equal r8d, 0
	mov ecx, XSS
	mov eax, -1
	mov edx, -1
	exits MSR_READ, 0, rdmsr
	with_field MSR_INDEX, XSS
	check_equal eax, 0
	check_equal edx, 0
	exits MSR_WRITE, 0, wrmsr
	with_field MSR_VALUE, 0
	check_equal ebp, 0
	mov eax, 1
	exits MSR_WRITE, 0, wrmsr
	with_field MSR_VALUE, 1
	fail_here
behind:
	exits MSR_READ, 0, rdmsr
	check_equal eax, 0
	final ebp, 1
	hypercall_done
on_protection:
	pop rsi
	check_equal rsi, 0
	inc ebp
	return_to behind
