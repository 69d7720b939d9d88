%define MODE LONG64
%define SAYS "HLT sleeps until another vCPU sends an event"
%define VCPUS 2
%define FLAGS GUEST_ALL_START
%include "guest.inc"
	sti ; who spins can be interrupted by the host
	cmp edi, 0
	jne sleeper
waker:
	handle 0x41, on_event
	mov dword [ready], 1
.wait:
	cmp dword [asleep], 1
	jne .wait
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x41, 0, 1
	check_equal eax, 0
.awake:
	cmp dword [woken], 1
	jne .awake
	mov ebp, [woken]
	final ebp, 1
	hypercall_done

%assign VCPU 1
sleeper:
	cmp dword [ready], 1
	jne sleeper
	cli ; the event must not come before HLT
	mov dword [asleep], 1
	sti
	exits HLT, 0, hlt
	check_equal ebp, 0x41
	mov dword [woken], 1
	cli
	exits_times 0, 1, HLT, 0, hlt
on_event:
	mov ebp, 0x41
	iretq
	align 8
ready:	dd 0
asleep:	dd 0
woken:	dd 0
