%define MODE LONG64
%define SAYS "MONITOR and MWAIT are #UD: no guest is shown them"
%define INTERCEPTS INTERCEPT_MONITOR_MWAIT
%include "guest.inc"
; A CPU without them raises #UD before it would exit, so the exit itself is not insisted on.
	handle VECTOR_UNDEFINED, on_undefined
	xor ebp, ebp
	mov ebx, .behind_monitor
	mov eax, 0x10000
	xor ecx, ecx
	xor edx, edx
	exits_times 0, 1, MONITOR, 0, monitor
	fail_here
.behind_monitor:
	mov ebx, .behind_mwait
	xor eax, eax
	faults_times 0, 1, MWAIT, 0, ANY_MASK, mwait
	fail_here
.behind_mwait:
	check_equal ebp, 2
	final ebp, 2
	hypercall_done
on_undefined:
	inc ebp
	mov [rsp], rbx
	iretq
