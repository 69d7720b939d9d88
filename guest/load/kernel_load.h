/* What Multiboot's and PVH's loaders share: a kernel's pieces go to their physical addresses (or all
 * of them elsewhere, by the same distance), modules above it, and information for it where room is.
 * A loader keeps one struct kernel_load for the time of its work. Pure. */
#ifndef GUEST_LOAD_KERNEL_LOAD_H
#define GUEST_LOAD_KERNEL_LOAD_H

#include "guest/load/elf.h"
#include "guest/load/placement.h"

#define KERNEL_MOST_MODULES 64

/* What these protocols reach: addresses are told in 32 bits. */
#define KERNEL_LIMIT GIB(4)

/* A part of the file and the memory it goes to; what the file does not fill stays zero. */
struct kernel_piece {
	uint64_t offset, file_size;
	uint64_t physical, memory_size; /* file_size at least */
};

struct kernel_load {
	const struct load_target *target;
	const struct load_file *kernel, *modules;
	unsigned module_count;
	struct placement placement;
	/* Once the kernel is loaded: */
	struct elf_image elf; /* `bytes` null: it was not loaded as ELF */
	uint64_t moved;       /* from its physical addresses, modulo 2^64 */
	uint64_t low, high;   /* it lies in [low, high) */
	uint64_t entry;       /* physical */
	uint64_t module_at[KERNEL_MOST_MODULES];
	uint64_t sections_at; /* kernel_sections_load() */
};

/* Where a kernel that can be moved wants to lie. */
struct kernel_wish {
	uint64_t least, limit; /* in [least, limit) */
	uint64_t alignment;    /* a power of two */
	bool anywhere;         /* its own addresses are as good, if they are within the bounds */
	enum placement_order order;
};

/* `protocol` begins each sentence: "multiboot". InvalidInput when there are more modules than
 * KERNEL_MOST_MODULES. */
enum error kernel_load_start(struct kernel_load *load, const char *protocol,
			     const struct load_target *target, const struct load_file *kernel,
			     const struct load_file *modules, unsigned module_count,
			     struct reason *why) must_check;

/* Loads the pieces, of which the file has every byte. `entry` is the entry point as if nothing were
 * moved. `wish` null: it cannot be moved. */
enum error kernel_load_pieces(struct kernel_load *load, const struct kernel_piece *pieces,
			      unsigned count, uint64_t entry, const struct kernel_wish *wish,
			      struct reason *why) must_check;

/* Opens the kernel as ELF into load->elf. */
enum error kernel_load_open_elf(struct kernel_load *load, struct reason *why) must_check;

/* Loads the segments of load->elf. `entry` is a physical address. */
enum error kernel_load_elf(struct kernel_load *load, uint64_t entry, const struct kernel_wish *wish,
			   struct reason *why) must_check;

/* Finds a place of whole pages for what goes with the kernel: above it, or below it down to 1 MiB;
 * low memory is left to kernels, which use it as they like. As placement_find(). */
enum error kernel_load_place(struct kernel_load *load, const char *what, uint64_t size,
			     uint64_t *at, uint8_t **memory, struct reason *why) must_check;

/* Puts the modules into memory, each at a place of its own. An empty one has an address, too. */
enum error kernel_load_modules(struct kernel_load *load, struct reason *why) must_check;

#endif
