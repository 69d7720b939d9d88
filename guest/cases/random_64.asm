%define MODE LONG64
%define SAYS "RDRAND exits when the owner asks"
%define INTERCEPTS INTERCEPT_RANDOM
%include "guest.inc"
CPUID_RDRAND equ 1 << 30
	mov eax, 1
	exits CPUID, 0, cpuid
	test ecx, CPUID_RDRAND
	jnz .has_it
	skip "the CPU has no RDRAND"
.has_it:
	exits RANDOM, 0, rdrand rbx
	check c
	exits RANDOM, 0, rdrand ecx
	check c
	exits RANDOM, 0, rdrand r9
	check c
	; Two equal words of 64 random bits: once in many lifetimes.
	cmp rbx, r9
	check ne
	hypercall_done
