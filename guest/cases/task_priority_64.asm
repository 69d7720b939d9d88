%define MODE LONG64
%define SAYS "CR8 holds interrupts of its class and below back, HLT or not"
%define VCPUS 2
%define FLAGS GUEST_ALL_START
%define IGNORED KIND_BIT(CR_ACCESS) | KIND_BIT(HYPERCALL)
%include "guest.inc"
	cmp edi, 0
	jne sleeper
	handle 0x41, on_four
	handle 0x52, on_five
	handle 0x61, on_six
	xor ebp, ebp

	; Awake: a vector of class 4 waits for CR8 below 4, one of class 5 does not.
	mov ebx, 4
	mov cr8, rbx
	sti
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x41, 0, 0
	nop
	check_equal ebp, 0
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x52, 0, 0
	nop
	check_equal ebp, 5
	mov ebx, 3
	mov cr8, rbx
	nop
	check_equal ebp, 0x54
	cli
	; None of that needed a window: IF was set.
	final_count INTERRUPT_WINDOW, 0, 0

	; Asleep: the other vCPU halts with CR8 = 5.
	mov dword [ready], 1
.wait:
	pause
	cmp dword [asleep], 1
	jne .wait
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x41, 0, 1
	check_equal eax, 0
	mov r8d, 10
.turn:
	mov eax, HYPERCALL_YIELD
	vmcall
	check_equal dword [woken], 0
	dec r8d
	jnz .turn
	call_board HYPERCALL_INJECT, EVENT_EXTERNAL_INTERRUPT, 0x61, 0, 1
	check_equal eax, 0
.awake:
	pause
	cmp dword [woken], 2
	jne .awake
	final ebp, 0x54
	hypercall_done

%assign VCPU 1
sleeper:
	pause
	cmp dword [ready], 1
	jne sleeper
	xor ebp, ebp
	mov ebx, 5
	mov cr8, rbx
	mov dword [asleep], 1
	sti
	exits HLT, 0, hlt
	mov dword [woken], 1
	check_equal ebp, 6
	xor ebx, ebx
	mov cr8, rbx
	nop
	check_equal ebp, 0x64
	mov dword [woken], 2
	cli
	exits_times 0, 1, HLT, 0, hlt
on_four:
	shl ebp, 4
	or ebp, 4
	iretq
on_five:
	shl ebp, 4
	or ebp, 5
	iretq
on_six:
	shl ebp, 4
	or ebp, 6
	iretq
	align 8
ready:	dd 0
asleep:	dd 0
woken:	dd 0
