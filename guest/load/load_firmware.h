/* A firmware image, which is the machine's ROM: it ends where the 32-bit address space ends, and
 * its last part is seen below 1 MiB as well. The board makes the ROM; here is decided what of the
 * image lies where, and whether it can be a firmware at all. Pure. */
#ifndef GUEST_LOAD_LOAD_FIRMWARE_H
#define GUEST_LOAD_LOAD_FIRMWARE_H

#include "guest/load/loader.h"
#include "lib/error.h"
#include "lib/types.h"

#define FIRMWARE_MOST     MIB(16)  /* the window that chip sets decode below 4 GiB */
#define FIRMWARE_LOW_MOST KIB(128) /* E0000H to FFFFFH */

/* Bytes [offset, offset + length) of the image appear at guest-physical `at`. */
struct firmware_area {
	uint64_t at, offset, length;
};

struct firmware_layout {
	struct firmware_area high; /* all of it, up to 4 GiB */
	struct firmware_area low;  /* its end, up to 1 MiB */
};

/* Where the image goes; the start is the architectural reset. InvalidData when it is empty, no
 * multiple of 4 KiB, larger than FIRMWARE_MOST, or has nothing where the CPU starts. */
enum error load_firmware(const struct load_file *image, struct firmware_layout *layout,
			 struct boot_state *out, struct reason *why) must_check;

#endif
