/* Plinth's shell: commands typed on the machine's serial port (docs/console.md). Answers are lines of
 * the log with the tag `shell`. */
#ifndef GUEST_CONSOLE_SHELL_H
#define GUEST_CONSOLE_SHELL_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vm.h"

/* What the shell cannot do itself. Each is called by a visitor of vm_for_each(): the VM exists, the
 * lock of the table of VMs is held. A null one is answered with "not available". */
struct shell_actions {
	enum error (*pause)(struct vm *vm, struct reason *why);
	enum error (*resume)(struct vm *vm, struct reason *why);
	enum error (*reset)(struct vm *vm, struct reason *why);
	/* Called by `vms` likewise. */
	bool (*is_paused)(const struct vm *vm);
};

/* Before console_read_input(); `actions` stays. */
void shell_set_actions(const struct shell_actions *actions);

/* Whether what is typed next still goes to the shell. */
enum shell_next { SHELL_STAY, SHELL_LEAVE };

/* Obeys one line as it was typed, without its end. One CPU at a time, no lock held, IRQs on. */
enum shell_next shell_obey(const char *line);

/* True once `quit` was given. */
bool shell_has_quit(void);

#endif
