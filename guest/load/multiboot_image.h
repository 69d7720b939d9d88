/* What both versions of Multiboot have in common: how an image is loaded, and the text screen that
 * kernels are told of. Pure. */
#ifndef GUEST_LOAD_MULTIBOOT_IMAGE_H
#define GUEST_LOAD_MULTIBOOT_IMAGE_H

#include "guest/load/kernel_info.h"
#include "guest/load/kernel_load.h"

#define MULTIBOOT_LOADER_NAME "Plinth"

/* The screen of a guest is VGA's text mode. */
#define TEXT_SCREEN_AT      0xb8000
#define TEXT_SCREEN_COLUMNS 80
#define TEXT_SCREEN_ROWS    25
#define TEXT_SCREEN_CELL    2 /* bytes: the character and its colours */
#define TEXT_SCREEN_TYPE    2 /* "EGA-standard text mode" */

/* Physical addresses that stand in a header for those of an ELF image. */
struct multiboot_addresses {
	uint32_t header;   /* where the header itself comes to lie */
	uint32_t load;     /* the first byte that is loaded; MULTIBOOT_WHOLE_FILE */
	uint32_t load_end; /* 0: to the end of the file */
	uint32_t bss_end;  /* 0: no memory but what the file fills */
};

/* Multiboot2 only: the file is loaded from its beginning. */
#define MULTIBOOT_WHOLE_FILE UINT32_MAX

/* Loads by addresses; the header lies at file offset `offset`. `wish` null: it cannot be moved. */
enum error multiboot_load_addresses(struct kernel_load *load, uint64_t offset,
				    const struct multiboot_addresses *addresses, uint64_t entry,
				    const struct kernel_wish *wish, struct reason *why) must_check;

/* Loads as ELF. `entry`: a physical entry point that takes the place of the image's own; null. */
enum error multiboot_load_elf(struct kernel_load *load, const uint32_t *entry,
			      const struct kernel_wish *wish, struct reason *why) must_check;

/* What follows once the kernel is loaded: puts the modules and the kernel's sections into memory, lets
 * `write` make the boot information, and enters with EAX as `magic`. */
enum error multiboot_enter(struct kernel_load *load, uint32_t magic,
			   void (*write)(struct info_writer *writer, const struct kernel_load *load,
					 const void *context),
			   const void *context, struct boot_state *out,
			   struct reason *why) must_check;

#endif
