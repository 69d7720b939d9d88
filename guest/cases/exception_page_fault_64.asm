%define MODE LONG64
%define SAYS "A #PF is intercepted and reflected with CR2 and its error code"
%define EXCEPTIONS 1 << VECTOR_PAGE_FAULT
%include "guest.inc"
%include "bodies/page_fault.inc"
