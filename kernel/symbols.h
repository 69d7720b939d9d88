/* The names of Plinth's own functions, for backtraces. The table is made from the linked image and
 * linked in behind everything else (tools/make-symbols). */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "lib/types.h"

/* The function that holds `address` and how far into it; null when it lies in none. Any context. */
const char *symbols_find(uint64_t address, uint64_t *offset);

#endif
