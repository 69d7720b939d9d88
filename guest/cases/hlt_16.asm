%define MODE REAL16
%define SAYS "HLT exits in 16-bit real mode"
%include "guest.inc"
%include "bodies/hlt.inc"
