%define MODE LONG64
%define SAYS "A pinned vCPU runs on its CPU at every exit"
%define PINNED 1
%include "guest.inc"
	call_board HYPERCALL_COUNTER, COUNTER_CPU
	mov ebp, eax
	mov edi, 10
.turn:
	mov eax, HYPERCALL_YIELD
	exits_times 10, 10, HYPERCALL, 0, vmcall
	dec edi
	jnz .turn
	call_board HYPERCALL_COUNTER, COUNTER_CPU
	check_equal eax, ebp
	hypercall_done
