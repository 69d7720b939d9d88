%define MODE REAL16
%define SAYS "INS and OUTS exit and move strings in 16-bit real mode"
%include "guest.inc"
%include "bodies/string_io.inc"
