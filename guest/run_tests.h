/* Runs the embedded test guests: chooses them by the command line, makes a VM of each, starts them
 * together, and prints one TAP line for each as they end. */
#ifndef GUEST_RUN_TESTS_H
#define GUEST_RUN_TESTS_H

#include "guest/test_board.h"
#include "lib/error.h"
#include "lib/types.h"

/* How many TAP lines the selected guests will make. */
unsigned test_guests_plan(void);

/* Instead of starting them, where no guest can run: one SKIP line each, with the reason. */
void test_guests_skip(const char *reason);

/* Makes and starts the selected guests. On the bootstrap processor, before the schedulers run. A
 * guest that cannot be made is skipped or failed by name; the others go on. NoMemory when there
 * is none for the list itself. */
enum error test_guests_start(void) must_check;

/* For the board: a vCPU of `guest` has come to its meeting. True when it may go on at once; else
 * it is woken when the others have come. */
bool test_guests_meet(struct test_guest *guest);

/* For the board: `guest` has ended and was reported. Starts those that waited to be alone. */
void test_guests_ended(struct test_guest *guest);

/* Sets up all vCPUs of the guest's VM, which are Created. */
enum error test_guest_set_up(struct test_guest *guest, struct vm *vm,
			     struct reason *why) must_check;

#endif
