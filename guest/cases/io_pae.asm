%define MODE PAE32
%define SAYS "IN and OUT of every width exit in 32-bit PAE paged mode"
%include "guest.inc"
%include "bodies/io.inc"
