/* The names of Plinth's own functions, for backtraces. The table is made from the linked image and
 * linked in behind everything else (tools/make-symbols). */
#ifndef KERNEL_SYMBOLS_H
#define KERNEL_SYMBOLS_H

#include "kernel/symbol_table.h"

/* The function that holds `address` and how far into it; false when it lies in none. Any context. */
bool symbols_find(uint64_t address, char name[SYMBOL_NAME_MAX], uint64_t *offset);

#endif
