%define MODE PAE32
%define SAYS "INS and OUTS exit and move strings in 32-bit PAE paged mode"
%include "guest.inc"
%include "bodies/string_io.inc"
