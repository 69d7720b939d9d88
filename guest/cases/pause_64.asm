%define MODE LONG64
%define SAYS "PAUSE exits when the owner asks"
%define INTERCEPTS INTERCEPT_PAUSE
%include "guest.inc"
	xor ebp, ebp
	exits PAUSE, 0, pause
	inc ebp
	exits PAUSE, 0, pause
	final ebp, 1
	hypercall_done
