%define MODE LONG64
%define SAYS "MOV to and from CR3 exit when the owner asks"
%define INTERCEPTS INTERCEPT_CR3
%include "guest.inc"
	exits CR_ACCESS, CR_READ(3, rbx), mov rbx, cr3
	with_field CR_NUMBER, 3
	check_equal rbx, GUEST_PAGE_TABLES
	exits CR_ACCESS, CR_WRITE(3, rbx), mov cr3, rbx
	with_field CR_VALUE, GUEST_PAGE_TABLES
	exits CR_ACCESS, CR_READ(3, r9), mov r9, cr3
	check_equal r9, rbx
	final ebx, GUEST_PAGE_TABLES
	hypercall_done
