%define MODE LONG64
%define SAYS "INT n cut short is delivered again and returns behind itself"
%include "guest.inc"
; The page that the CPU needs to deliver the event is not mapped: the delivery is cut short by a
; nested fault, the board maps the page, and the event is delivered again, once.
%include "nested.inc"
	handle 0x41, on_event
	xor ebp, ebp
	sti
	call_board HYPERCALL_ON_FAULT, ON_FAULT_MAP
	call_board HYPERCALL_NESTED_RIGHTS, GUEST_IDT, 0x1000, 0
	check_equal eax, 0
	faults_times 1, 1, NESTED_FAULT, NESTED_LINEAR | ACCESS_READ, NESTED_LINEAR | ACCESS_READ, int 0x41
	with_field GPA, GUEST_IDT + 0x41 * 16, ~0xf
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_event:
	inc ebp
	iretq
