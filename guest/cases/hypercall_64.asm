%define MODE LONG64
%define SAYS "VMCALL exits and returns a value in 64-bit mode"
%include "guest.inc"
%include "bodies/hypercall.inc"
