/* Multiboot, version 2 (Multiboot2 Specification 2.0), for i386. Pure. */
#ifndef GUEST_LOAD_LOAD_MULTIBOOT2_H
#define GUEST_LOAD_LOAD_MULTIBOOT2_H

#include "guest/load/kernel_load.h"
#include "guest/load/multiboot_image.h"

/* The file offset of the header; false when there is none for i386. */
bool multiboot2_find(const struct load_file *kernel, uint64_t *offset);

/* What the tags of a header say. */
struct multiboot2_wants {
	bool has_addresses, has_entry, has_relocation;
	struct multiboot_addresses addresses;
	uint32_t entry;
	struct kernel_wish relocation;
	bool console_required, takes_text;
};

/* Reads the tags of the header at `offset`. InvalidData, or Unsupported where a tag requires what
 * this machine does not have; the sentence names the tag. */
enum error multiboot2_read_header(const struct load_file *kernel, uint64_t offset,
				  struct multiboot2_wants *out, struct reason *why) must_check;

/* Loads what `load` was started with, by the header at `offset`; errors are load_multiboot()'s. */
enum error load_multiboot2(struct kernel_load *load, uint64_t offset, struct boot_state *out,
			   struct reason *why) must_check;

#endif
