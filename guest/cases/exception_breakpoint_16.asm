%define MODE REAL16
%define SAYS "INT3 is intercepted and reflected in real mode"
%define EXCEPTIONS 1 << VECTOR_BREAKPOINT
%include "guest.inc"
%include "bodies/breakpoint.inc"
