%define MODE LONG64
%define SAYS "INT3 is intercepted and reflected in 64-bit mode"
%define EXCEPTIONS 1 << VECTOR_BREAKPOINT
%include "guest.inc"
%include "bodies/breakpoint.inc"
