%define MODE REAL16
%define SAYS "CPUID exits in 16-bit real mode"
%include "guest.inc"
%include "bodies/cpuid.inc"
