%define MODE REAL16
%define SAYS "An interrupt waits for IF and the end of blocking by STI"
%define ORDERED KIND_BIT(INTERRUPT_WINDOW)
%include "guest.inc"
%include "bodies/interrupt_window.inc"
