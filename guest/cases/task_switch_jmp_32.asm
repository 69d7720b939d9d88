%define MODE PROT32
%define SAYS "A JMP to a task exits with its selector and source"
%include "guest.inc"
%include "task.inc"

	last TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 2), jmp SELECTOR_TASK:0
	with_field SELECTOR, SELECTOR_TASK
	with_field SOURCE, 2

	tasks
