%define MODE LONG64
%define SAYS "STR exits when the owner asks; no board answers it"
%define INTERCEPTS INTERCEPT_DESCRIPTOR_TABLE
%define BARE
%include "guest.inc"
; The qualification is the displacement of the operand.
	last DESCRIPTOR_TABLE, 0x9000, str [0x9000]
