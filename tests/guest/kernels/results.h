/* The results of a test kernel that checks its machine from inside: a line each on COM1. */
#ifndef TESTS_GUEST_KERNELS_RESULTS_H
#define TESTS_GUEST_KERNELS_RESULTS_H

#include "guest/bare/machine.h"

/* Says whether the check passed, and what there was instead. Returns `good`. */
bool check(bool good, const char *name, uint64_t got);
/* Is this among the words of the command line? `info` is what Multiboot gave. */
bool has_word(uint32_t info, const char *word);
/* Leaves by the debug-exit port: 0 when all passed. */
void finish(void);

#endif
