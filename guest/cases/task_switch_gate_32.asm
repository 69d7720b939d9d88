%define MODE PROT32
%define SAYS "An interrupt through a task gate exits"
%include "guest.inc"
%include "task.inc"

	mov dword [GUEST_IDT + 0x41 * 8], SELECTOR_TASK << 16
	mov dword [GUEST_IDT + 0x41 * 8 + 4], 0x8500
	last TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 3), int 0x41
	with_field SELECTOR, SELECTOR_TASK
	with_field SOURCE, 3

	tasks
