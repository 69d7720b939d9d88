/* A VM's console: what its first serial port sends goes to the log, in whole lines with the VM's tag
 * (docs/wire.md), and what is typed for it waits here until the port takes it. docs/console.md tells
 * how a user sees it.
 *
 * Locks nest as: `consoles` (the table of consoles) > the board's own > `console` (one each) > `log`. */
#ifndef GUEST_CONSOLE_CONSOLE_H
#define GUEST_CONSOLE_CONSOLE_H

#include "guest/console/console_line.h"
#include "kernel/spinlock.h"
#include "lib/ring.h"
#include "lib/types.h"
#include "vm/vm.h"

#define CONSOLE_INPUT_SIZE 4096 /* bytes typed ahead; a power of two */

struct guest_console {
	const struct vm *vm; /* constant; its name and id stand on every line */
	/* Bytes wait for console_get(). Called on any CPU, without a VM's lock: the board takes its
	 * own, feeds its port and wakes whom the interrupt concerns. Constant; may be null. */
	void (*input)(void *context);
	void *context;        /* constant */
	struct spinlock lock; /* guards all below */
	struct console_line line;
	uint64_t written; /* time_ticks() of the last byte put */
	struct ring typed;
	uint64_t lost; /* bytes typed that found no room, not yet told of */
	char typed_storage[CONSOLE_INPUT_SIZE];
};

/* Adds the console of `vm` to those that input can be switched to; the first one is chosen. Before
 * the VM starts; `console` lies in zeroed memory. */
void console_open(struct guest_console *console, const struct vm *vm, void (*input)(void *context),
		  void *context);

/* Prints what is left and takes the console off the table: `console` may be freed afterwards. For
 * board->ended: no lock is held. */
void console_close(struct guest_console *console);

/* A byte that the guest sent. Any CPU, IRQs any, the board's lock may be held; waits for nobody but
 * the log. */
void console_put(struct guest_console *console, uint8_t byte);

/* The oldest byte typed for this VM; false when there is none. As console_put(). */
bool console_get(struct guest_console *console, uint8_t *byte) must_check;

/* From now on the serial port of the machine is read. */
void console_read_input(void);

/* What has to be done now and then, by any CPU, at least every millisecond while somebody types:
 * prints what guests left unfinished, reads the machine's serial port. No lock held, IRQs on; cheap
 * when it is not due. */
void console_tick(void);

#endif
