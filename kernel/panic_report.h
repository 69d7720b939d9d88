/* The parts of a panic that the trap code uses. */
#ifndef KERNEL_PANIC_REPORT_H
#define KERNEL_PANIC_REPORT_H

#include "kernel/traps.h"

/* A panic about an exception in Plinth itself, with the registers of that moment. */
void panic_on_trap(const struct trap_frame *frame) noreturn_fn;

/* True once a CPU panics: an NMI then means "stop". */
bool panic_stopping(void);
void panic_stop_this_cpu(void) noreturn_fn;

/* True on the CPU whose panic it is. */
bool panic_is_here(void);

#endif
