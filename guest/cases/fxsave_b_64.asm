%define MODE LONG64
%define SAYS "x87 and SSE registers are kept apart without XSAVE: guest B"
%define PINNED 0
%define MEETING 4
%define ONLY_SSE
%include "guest.inc"
%define SEED 0xb2
%include "bodies/xsave.inc"
