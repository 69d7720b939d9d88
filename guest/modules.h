/* The boot loader's modules as bytes. (A file of its own, since the loaders' words for kinds of memory
 * are those of boot/memory_map.h too.) */
#ifndef GUEST_MODULES_H
#define GUEST_MODULES_H

#include "lib/types.h"

unsigned guest_module_count(void);
/* The string that the user gave module `index`, as the loader left it. */
const char *guest_module_string(unsigned index);
/* Its bytes, which stay where they are; null when it is empty. */
const uint8_t *guest_module_bytes(unsigned index, uint64_t *length);

#endif
