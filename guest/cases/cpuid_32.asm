%define MODE PROT32
%define SAYS "CPUID exits in 32-bit protected mode"
%include "guest.inc"
%include "bodies/cpuid.inc"
