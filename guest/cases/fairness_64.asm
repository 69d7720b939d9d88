%define MODE LONG64
%define SAYS "Sixteen equal vCPUs get equal work done in 200 slices each"
%define VCPUS 16
%define FLAGS GUEST_ALL_START | GUEST_ALONE | GUEST_QUIET
%define END_SLICES 200
%define DEADLINE_MS 120000
%include "guest.inc"
; They run when everything else has ended, so that the CPUs are shared by equals only. Where their
; number is no multiple of the number of CPUs, equal shares cannot be had: then it is skipped.
	mov r12d, edi
	test edi, edi
	jnz .start
	call_board HYPERCALL_COUNTER, COUNTER_CPUS_ONLINE
	cmp eax, VCPUS
	jae .start
	mov ebx, eax
	mov eax, VCPUS
	xor edx, edx
	div ebx
	test edx, edx
	jz .start
	skip "sixteen vCPUs cannot be shared out evenly among this number of CPUs"
.start:
	mov ebx, r12d
	shl ebx, 6
	add ebx, counters
	sti
; CPUs do not begin all at once. Work counts from the moment when each vCPU has had its first turn,
; which is when every CPU is at work; slices until then are spent waiting.
	lock inc qword [begun]
.wait:
	cmp qword [begun], VCPUS
	jb .wait
.work:
	inc qword [rbx]
	jmp .work
	equal_work counters, 64, 2, 1000
	align 64
counters:
	times VCPUS * 64 db 0
begun:
	dq 0
