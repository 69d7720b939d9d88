/* The end of a run that cannot go on. */
#ifndef KERNEL_PANIC_H
#define KERNEL_PANIC_H

#include "lib/assert.h"
#include "lib/types.h"

/* Prints the sentence, this CPU's registers, a backtrace with symbols, the current vCPU and its
 * last exits; stops the other CPUs; prints "verdict FAIL"; ends the run. Any context. A panic
 * within a panic prints one line and ends the run. */
void panic(const char *format, ...) printf_like(1, 2) noreturn_fn;

#endif
