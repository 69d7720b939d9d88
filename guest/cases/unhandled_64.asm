%define MODE LONG64
%define SAYS "An exit that nobody handles stops its VM, with its story"
%define FLAGS GUEST_UNHANDLED
%include "guest.inc"
%include "nested.inc"
; There is no memory at this address and no device, and nobody maps any: the board says so, and the
; other guests go on.
NOWHERE equ 0x200000
	last NESTED_FAULT, NESTED(ACCESS_WRITE, 0), mov [NOWHERE], ebx
	with_field GPA, NOWHERE
	with_field ACCESS, ACCESS_WRITE
	with_field ALLOWED, 0
	fail_here
