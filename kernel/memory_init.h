/* Finding the machine's memory and taking it into use: boot only, bootstrap processor only. */
#ifndef KERNEL_MEMORY_INIT_H
#define KERNEL_MEMORY_INIT_H

#include "boot/memory_map.h"
#include "lib/error.h"
#include "lib/types.h"

/* Maps all RAM of `map` and fills the page pool with what is usable. `map` stays in use. What no
 * table or list has room for is named in the log and left out; NoMemory when nothing is left. */
enum error memory_init(struct memory_map *map, struct reason *why) must_check;

/* The page below 1 MiB that the start-up code of other CPUs is copied to, kept out of the pool and
 * of the direct map; 0 when the machine has none free. */
hpa_t memory_trampoline_page(void);

#endif
