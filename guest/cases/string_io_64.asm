%define MODE LONG64
%define SAYS "INS and OUTS exit and move strings in 64-bit mode"
%include "guest.inc"
%include "bodies/string_io.inc"
