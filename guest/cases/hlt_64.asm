%define MODE LONG64
%define SAYS "HLT exits in 64-bit mode"
%include "guest.inc"
%include "bodies/hlt.inc"
