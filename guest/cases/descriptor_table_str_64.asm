%define MODE LONG64
%define SAYS "STR exits when the owner asks; no board answers it"
%define INTERCEPTS INTERCEPT_DESCRIPTOR_TABLE
%define BARE
%include "guest.inc"
	last DESCRIPTOR_TABLE, 0, str eax
