%define MODE PAE32
%define SAYS "VMCALL exits and returns a value in 32-bit PAE paged mode"
%include "guest.inc"
%include "bodies/hypercall.inc"
