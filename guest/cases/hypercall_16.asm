%define MODE REAL16
%define SAYS "VMCALL exits and returns a value in 16-bit real mode"
%include "guest.inc"
%include "bodies/hypercall.inc"
