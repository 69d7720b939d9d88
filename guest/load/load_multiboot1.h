/* Multiboot, version 1 (Multiboot Specification 0.6.96). Pure. */
#ifndef GUEST_LOAD_LOAD_MULTIBOOT1_H
#define GUEST_LOAD_LOAD_MULTIBOOT1_H

#include "guest/load/kernel_load.h"

/* The file offset of the header; false when there is none. */
bool multiboot1_find(const struct load_file *kernel, uint64_t *offset);

/* Loads what `load` was started with, by the header at `offset`; errors are load_multiboot()'s. */
enum error load_multiboot1(struct kernel_load *load, uint64_t offset, struct boot_state *out,
			   struct reason *why) must_check;

#endif
