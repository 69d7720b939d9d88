%define MODE PROT32
%define SAYS "Tasks call, interrupt, fault into and jump to each other, and return"
%include "guest.inc"
%include "task.inc"
; Offsets in a 32-bit TSS: SDM volume 3, figure "32-Bit Task-State Segment (TSS)".
TSS_EIP      equ 32
TSS_EFLAGS   equ 36
TSS_ESP      equ 56
TSS_SEGMENTS equ 72 ; ES CS SS DS FS GS
RFLAGS_NT    equ 1 << 14
BAD_SELECTOR equ 0x7f8

; ours: through its TSS this task keeps EBX, the other one has its own.
%macro nested 1.nolist ; is NT as it should be?
	pushfd
	pop eax
	test eax, RFLAGS_NT
	check %1
%endmacro

	mov dword [task_there + TSS_EIP], other1
	mov dword [task_there + TSS_EFLAGS], 2
	mov dword [task_there + TSS_ESP], other_stack
	mov dword [task_there + TSS_SEGMENTS + 0], SELECTOR_DATA
	mov dword [task_there + TSS_SEGMENTS + 4], SELECTOR_CODE
	mov dword [task_there + TSS_SEGMENTS + 8], SELECTOR_DATA
	mov dword [task_there + TSS_SEGMENTS + 12], SELECTOR_DATA
	mov dword [GUEST_IDT + 0x41 * 8], SELECTOR_TASK << 16
	mov dword [GUEST_IDT + 0x41 * 8 + 4], 0x8500
	mov dword [GUEST_IDT + VECTOR_PROTECTION * 8], SELECTOR_TASK << 16
	mov dword [GUEST_IDT + VECTOR_PROTECTION * 8 + 4], 0x8500
	mov ebx, 0x1111

	; CALL, and IRET back.
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 0), call SELECTOR_TASK:0
	jmp ours2
other1:
	check_equal ebx, 0
	str eax
	check_equal eax, SELECTOR_TASK
	check_equal esp, other_stack
	mov ax, fs
	check_equal ax, 0
	mov eax, cr0
	test eax, CR0_TS
	check nz
	nested nz
	mov ebx, 0x2222
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TSS, 1), iretd
	jmp other2

	; INT n through a task gate goes on behind itself.
ours2:
	check_equal ebx, 0x1111
	str eax
	check_equal eax, SELECTOR_TSS
	nested z
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 3), int 0x41
	jmp ours3
other2:
	check_equal ebx, 0x2222
	check_equal esp, other_stack
	nested nz
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TSS, 1), iretd
	jmp other3

	; A fault through a task gate: its error code is on the other task's stack, and the saved EIP
	; is that of the faulting instruction.
ours3:
	check_equal ebx, 0x1111
	mov eax, BAD_SELECTOR
	faults TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 3), mov fs, eax
	fail_here
other3:
	pop eax
	check_equal eax, BAD_SELECTOR
	check_equal esp, other_stack
	mov dword [task_here + TSS_EIP], ours4
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TSS, 1), iretd
	jmp other4

	; JMP leaves no way back but another JMP.
ours4:
	check_equal ebx, 0x1111
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 2), jmp SELECTOR_TASK:0
	jmp ours5
other4:
	nested z
	exits TASK_SWITCH, TASK_SWITCH(SELECTOR_TSS, 2), jmp SELECTOR_TSS:0
	fail_here

ours5:
	check_equal ebx, 0x1111
	mov ebp, ebx
	final ebp, 0x1111
	final_count TASK_SWITCH, 8, 8
	hypercall_done

	align 4
	times 64 db 0
other_stack:

	tasks
