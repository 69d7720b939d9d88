%define MODE LONG64
%define SAYS "IN and OUT of every width exit in 64-bit mode"
%include "guest.inc"
%include "bodies/io.inc"
