/* A VM's console: what its lowest serial port sends goes to the log, in whole lines with the VM's tag
 * (docs/wire.md), and what is typed for it waits here until the port takes it. docs/console.md tells
 * how a user sees it.
 *
 * Locks nest as: `consoles` (the table of consoles) > the board's own > `console` (one each) > `memory`,
 * `log`. */
#ifndef GUEST_CONSOLE_CONSOLE_H
#define GUEST_CONSOLE_CONSOLE_H

#include "guest/console/console_line.h"
#include "kernel/spinlock.h"
#include "lib/ring.h"
#include "lib/types.h"
#include "vm/vm.h"

#define CONSOLE_INPUT_SIZE PAGE_SIZE /* bytes typed ahead */

struct guest_console {
	const struct vm *vm; /* constant; its name and id stand on every line */
	/* Bytes wait for console_get(). Called on any CPU, without a VM's lock: the board takes its
	 * own, feeds its port and wakes whom the interrupt concerns. Constant; may be null. */
	void (*input)(void *context);
	void *context;        /* constant */
	struct spinlock lock; /* guards all below */
	struct console_line line;
	uint64_t written;  /* time_ticks() of the last byte put */
	struct ring typed; /* without storage until something is typed */
	uint64_t lost;     /* bytes typed that found no room, not yet told of */
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

/* --- for console_input.c and the shell ------------------------------------------------------ */

/* Consoles are numbered from 1 in the order of their places in the table. */
#define CONSOLES_MAX 64

/* Chooses who gets what is typed: by number, by the VM's name, or the next one in order. False, and
 * nothing changed, when there is no such console. */
bool console_choose(unsigned number) must_check;
bool console_choose_name(const char *name) must_check;
bool console_choose_next(void) must_check;

/* A byte typed for the chosen console; false when there is none. console_announce() follows. */
bool console_type(uint8_t byte) must_check;

/* Tells the board of the chosen console that bytes wait. No lock held. */
void console_announce(void);

/* Prints every piece of text that has waited for its line end too long, and what was lost. */
void console_flush_stale(void);

/* Calls `visit` for every console, in order. No lock held; `visit` may not open, close or choose. */
void console_for_each(void (*visit)(void *context, unsigned number, const struct vm *vm,
				    bool chosen),
		      void *context);

#endif
