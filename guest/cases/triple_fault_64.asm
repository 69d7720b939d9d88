%define MODE LONG64
%define SAYS "An exception without any gate ends in a triple fault"
%include "guest.inc"
	lidt [empty]
	last TRIPLE_FAULT, 0, ud2
empty:	dw 0
	dq 0
