%define MODE PAE32
%define SAYS "CPUID exits in 32-bit PAE paged mode"
%include "guest.inc"
%include "bodies/cpuid.inc"
