%define MODE LONG64
%define SAYS "RDTSC exits when the owner asks, and time goes on"
%define INTERCEPTS INTERCEPT_RDTSC
%include "guest.inc"
	exits RDTSC, 0, rdtsc
	mov ebx, eax
	mov ebp, edx
	exits RDTSC, 0, rdtsc
	sub eax, ebx
	sbb edx, ebp
	check_equal edx, 0 ; forwards, by less than 2^32
	cmp eax, 0
	check ne
	hypercall_done
