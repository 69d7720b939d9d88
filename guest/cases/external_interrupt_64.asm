%define MODE LONG64
%define SAYS "Another CPU interrupts a running vCPU to deliver an event"
%define VCPUS 2
%define FLAGS GUEST_ALL_START | GUEST_SPREAD | GUEST_QUIET
%define PINNED 0
%define IGNORED KIND_BIT(HYPERCALL)
%include "guest.inc"
; vCPU 1 spins on the second CPU; what vCPU 0 sends can reach it only when the host interrupts it.
	sti ; who spins can be interrupted by the host
	cmp edi, 0
	jne spinner
	call_board HYPERCALL_COUNTER, COUNTER_CPUS_ONLINE
	cmp eax, 2
	jae .two
	skip "needs two CPUs"
.two:
	handle 0x41, on_event
	mov dword [ready], 1
.round:
	mov eax, [events]
	mov edi, eax
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x41, 0, 1
.wait:
	cmp [events], edi
	je .wait
	call_board HYPERCALL_KINDS, VCPU_EXIT_INTERRUPT, 1
	test eax, eax
	jz .round
	hypercall_done

%assign VCPU 1
	final_count INTERRUPT, 1, 100000
spinner:
	cmp dword [ready], 1
	jne spinner
	sti
.spin:
	jmp .spin
on_event:
	inc dword [events]
	iretq
	align 8
ready:	dd 0
events:	dd 0
