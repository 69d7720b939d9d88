%define MODE LONG64
%define SAYS "x87, SSE and AVX registers are kept apart: guest A"
%define PINNED 0
%define MEETING 2
%include "guest.inc"
%define SEED 0xa1
%include "bodies/xsave.inc"
