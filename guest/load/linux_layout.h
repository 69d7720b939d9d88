/* Where the parts of a Linux guest go: kernel, command line and initrd, for every entry. Places are
 * found here; the bytes are copied there by who found one, or by somebody in the guest. Pure. */
#ifndef GUEST_LOAD_LINUX_LAYOUT_H
#define GUEST_LOAD_LINUX_LAYOUT_H

#include "guest/load/linux_image.h"
#include "guest/load/linux_options.h"
#include "guest/load/placement.h"

/* A guest on its way into memory. What is placed is claimed in guest RAM, and `memory` receives its
 * address there; null for what has no bytes. */
struct linux_load {
	struct linux_image image;
	struct placement placement;
	enum spec_entry entry;
	const char *command_line;
	struct linux_options options; /* what it says to the loader */
	const struct load_file *initrds;
	unsigned initrd_count;
	/* Where things were put. */
	uint64_t kernel;    /* the protected-mode code */
	uint64_t alignment; /* that it lies at */
	uint64_t initrd, initrd_size;
	uint64_t command_line_at;
};

/* Reads the image and its command line, and decides how it is entered; nothing is placed yet. */
enum error linux_load_start(struct linux_load *load, const struct load_target *target,
			    const struct load_file *kernel, const struct load_file *initrds,
			    unsigned initrd_count, enum spec_entry entry,
			    struct reason *why) must_check;

/* The protected-mode code, with the memory that the kernel unpacks into. */
enum error linux_place_kernel(struct linux_load *load, uint8_t **memory,
			      struct reason *why) must_check;

/* The command line in [least, limit). */
enum error linux_place_command_line(struct linux_load *load, uint64_t least, uint64_t limit,
				    uint8_t **memory, struct reason *why) must_check;

/* The initrds as one, as high as the kernel can reach; nothing where there are none. */
enum error linux_place_initrd(struct linux_load *load, uint8_t **memory,
			      struct reason *why) must_check;

/* Writes the initrds as one to `to`, which has initrd_size bytes. */
void linux_join_initrds(const struct linux_load *load, uint8_t *to);

/* The fields of the setup header that every entry wants, in a copy of it at `header` (offset 0 of
 * the image), as far as the protocol version has them. */
void linux_fill_header(const struct linux_load *load, uint8_t *header);

#endif
