%define MODE PROT32
%define SAYS "VMCALL exits and returns a value in 32-bit protected mode"
%include "guest.inc"
%include "bodies/hypercall.inc"
