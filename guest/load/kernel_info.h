/* The information that a loaded kernel is told of its machine: a block of structures, tables and
 * strings in guest RAM that point to each other. It is written twice by the same function: once to
 * see how long it is, and once to its place. Pure. */
#ifndef GUEST_LOAD_KERNEL_INFO_H
#define GUEST_LOAD_KERNEL_INFO_H

#include "guest/load/kernel_load.h"

struct info_writer {
	uint8_t *memory; /* null: only counting */
	uint64_t start;  /* guest-physical; 0 while counting */
	uint64_t used;
};

/* Each appends and returns the guest-physical address of what it wrote. */
uint64_t info_put(struct info_writer *writer, const void *bytes, uint64_t length);
uint64_t info_put_string(struct info_writer *writer, const char *text); /* with its end */

/* Zeros up to the next multiple of `alignment`, a power of two up to 8. */
void info_align(struct info_writer *writer, unsigned alignment);

/* Bytes that were appended at guest-physical `at` become others. */
void info_replace(struct info_writer *writer, uint64_t at, const void *bytes, uint64_t length);

/* The memory map, as Multiboot2 and PVH want it. */
uint64_t info_put_map(struct info_writer *writer, const struct load_target *target);

/* Lets `write` make a block in low memory, or wherever there is room below 4 GiB; `at` receives
 * where. */
enum error info_place(struct kernel_load *load,
		      void (*write)(struct info_writer *writer, const struct kernel_load *load,
				    const void *context),
		      const void *context, uint64_t *at, struct reason *why) must_check;

/* RAM in KiB as the BIOS counts it: from 0 up to 640 KiB at most, and from 1 MiB to the first hole. */
struct info_memory {
	uint32_t lower_kib, upper_kib;
};

struct info_memory info_memory_sizes(const struct load_target *target);

#endif
