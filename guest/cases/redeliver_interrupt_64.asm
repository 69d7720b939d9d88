%define MODE LONG64
%define SAYS "An interrupt cut short for want of its gate is delivered again"
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
	mov eax, HYPERCALL_INJECT
	mov ebx, EVENT_EXTERNAL_INTERRUPT
	mov ecx, 0x41
	xor esi, esi
	exits HYPERCALL, 0, vmcall
	exit_at behind, NESTED_FAULT, NESTED_LINEAR | ACCESS_READ, NESTED_LINEAR | ACCESS_READ, 1, 1
	with_field GPA, GUEST_IDT + 0x41 * 16, ~0xf
behind:
	check_equal ebp, 1
	final ebp, 1
	hypercall_done
on_event:
	inc ebp
	iretq
