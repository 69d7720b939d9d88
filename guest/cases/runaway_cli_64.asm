%define MODE LONG64
%define SAYS "A runaway loop with interrupts off is stopped by its time slices alone"
%define END_SLICES 5
%include "guest.inc"
	cli
spin:
	jmp spin
	final_count HYPERCALL, 0, 0 ; it asked for nothing
