%define MODE PROT32
%define SAYS "HLT exits in 32-bit protected mode"
%include "guest.inc"
%include "bodies/hlt.inc"
