%define MODE REAL16
%define SAYS "IN and OUT of every width exit in 16-bit real mode"
%include "guest.inc"
%include "bodies/io.inc"
