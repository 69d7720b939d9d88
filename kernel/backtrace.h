/* Who called whom, from the chain of frame pointers, with symbols. */
#ifndef KERNEL_BACKTRACE_H
#define KERNEL_BACKTRACE_H

#include "lib/types.h"

/* Logs `rip` and then every return address found from frame pointer `rbp` on. Survives a broken
 * chain: it reads only mapped memory, at most 32 frames. Any context. */
void backtrace_print(uint64_t rip, uint64_t rbp);

/* As above, where `rip` is a return address too. */
void backtrace_print_callers(uint64_t rip, uint64_t rbp);

/* As the first, for a fault at the very address that was called: whoever called it has its return
 * address at `rsp` and no frame of its own after that. */
void backtrace_print_called(uint64_t rip, uint64_t rsp, uint64_t rbp);

#endif
