%define MODE LONG64
%define SAYS "RDTSCP exits when the owner asks, with the guest's own TSC_AUX"
%define INTERCEPTS INTERCEPT_RDTSC
%include "guest.inc"
CPUID_RDTSCP equ 1 << 27
TSC_AUX equ 0xc0000103
	mov eax, 0x80000001
	exits CPUID, 0, cpuid
	test edx, CPUID_RDTSCP
	jnz .has_it
	skip "the CPU has no RDTSCP"
.has_it:
	mov ecx, TSC_AUX
	mov eax, 0x55aa
	xor edx, edx
	exits_times 0, 1, MSR_WRITE, 0, wrmsr
	exits RDTSCP, 0, rdtscp
	check_equal ecx, 0x55aa
	mov ebp, ecx
	final ebp, 0x55aa
	hypercall_done
