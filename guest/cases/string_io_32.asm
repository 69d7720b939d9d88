%define MODE PROT32
%define SAYS "INS and OUTS exit and move strings in 32-bit protected mode"
%include "guest.inc"
%include "bodies/string_io.inc"
