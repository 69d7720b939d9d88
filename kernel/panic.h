/* The end of a run that cannot go on. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "lib/assert.h"
#include "lib/types.h"

/* Prints the sentence, this CPU's registers, a backtrace with symbols, the current vCPU and what the
 * flight recorder has; stops the other CPUs; prints "verdict FAIL"; ends the run. Any context. A panic
 * within a panic prints one line and ends the run. */
void panic(const char *format, ...) printf_like(1, 2) noreturn_fn;

/* What tells of the flight recorder in a panic: set by the layer that knows what its records mean,
 * once. Called with IRQs off, when all other CPUs have stopped. */
void panic_set_history(void (*tell)(void));

#endif
