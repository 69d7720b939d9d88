%define MODE LONG64
%define SAYS "WBINVD exits when the owner asks"
%define INTERCEPTS INTERCEPT_WBINVD
%include "guest.inc"
	mov dword [0x10000], 0x1234
	exits WBINVD, 0, wbinvd
	mov ebp, [0x10000]
	final ebp, 0x1234
	hypercall_done
