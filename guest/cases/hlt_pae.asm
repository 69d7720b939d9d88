%define MODE PAE32
%define SAYS "HLT exits in 32-bit PAE paged mode"
%include "guest.inc"
%include "bodies/hlt.inc"
