%define MODE LONG64
%define SAYS "x87, SSE and AVX registers are kept apart: guest B"
%define PINNED 0
%define MEETING 2
%include "guest.inc"
%define SEED 0xb2
%include "bodies/xsave.inc"
