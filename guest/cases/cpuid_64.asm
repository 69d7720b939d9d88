%define MODE LONG64
%define SAYS "CPUID exits in 64-bit mode"
%include "guest.inc"
%include "bodies/cpuid.inc"
