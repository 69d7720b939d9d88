%define MODE LONG64
%define SAYS "A spinning guest loses the CPU at the end of each slice"
%define ORDERED KIND_BIT(TIME_SLICE)
%define END_SLICES 3
%include "guest.inc"
spin:
	jmp spin
	exit_at spin, TIME_SLICE, 0, FULL_MASK, 3, 1000
