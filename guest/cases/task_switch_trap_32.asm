%define MODE PROT32
%define SAYS "A TSS with the T flag traps before its task's first instruction"
%include "guest.inc"
%include "task.inc"
; SDM volume 3, "Task-Switch Exception Condition". The host carries the switch out, so it makes the
; trap that the CPU would, and DR6 tell of it.
TSS_EIP     equ 32
TSS_EFLAGS  equ 36
TSS_ESP     equ 56
TSS_SEGMENT equ 72
TSS_T       equ 100
DR6_BT      equ 1 << 15

	handle VECTOR_DEBUG, on_debug
	xor ebp, ebp
	mov dword [task_there + TSS_EIP], there
	mov dword [task_there + TSS_EFLAGS], 2
	mov [task_there + TSS_ESP], esp
	mov word [task_there + TSS_SEGMENT], ds
	mov word [task_there + TSS_SEGMENT + 4], cs
	mov word [task_there + TSS_SEGMENT + 8], ss
	mov word [task_there + TSS_SEGMENT + 12], ds
	mov word [task_there + TSS_T], 1
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 2), jmp SELECTOR_TASK:0
there:
	check_equal ebx, there
	hypercall_done
on_debug:
	mov eax, dr6
	test eax, DR6_BT
	check nz
	mov ebx, [esp]
	iretd

	tasks
