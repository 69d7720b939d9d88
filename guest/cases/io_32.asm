%define MODE PROT32
%define SAYS "IN and OUT of every width exit in 32-bit protected mode"
%include "guest.inc"
%include "bodies/io.inc"
