%define MODE PROT32
%define SAYS "A CALL of a task exits with its selector and source"
%include "guest.inc"
%include "task.inc"

	last TASK_SWITCH, TASK_SWITCH(SELECTOR_TASK, 0), call SELECTOR_TASK:0
	with_field SELECTOR, SELECTOR_TASK
	with_field SOURCE, 0

	tasks
