%define MODE LONG64
%define SAYS "Debug, system-call and base registers are kept apart: guest B"
%define PINNED 0
%define MEETING 3
%define IGNORED KIND_BIT(MSR_WRITE)
%include "guest.inc"
%define SEED 0xb2
%include "bodies/registers.inc"
