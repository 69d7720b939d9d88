/* Where the parts of a Linux guest go that begins in real mode, and what its setup code is told. It
 * makes no difference who puts them there: the loader before the machine starts, or a boot ROM in
 * the guest. Linux, "The Linux/x86 Boot Protocol", "Sample Boot Configuration". Pure. */
#ifndef GUEST_LOAD_LINUX_REAL_MODE_H
#define GUEST_LOAD_LINUX_REAL_MODE_H

#include "guest/load/linux_layout.h"
#include "lib/error.h"
#include "lib/types.h"

struct linux_real_mode {
	uint32_t at;       /* of the setup code: a multiple of 16 below 1 MiB */
	uint32_t heap_end; /* behind it, where its stack begins; the command line is next */
	/* In guest RAM; `initrd` is null where there is none. */
	uint8_t *setup, *kernel, *command_line, *initrd;
};

/* For a load whose entry is ENTRY_16. */
enum error linux_real_mode_place(struct linux_load *load, struct linux_real_mode *real,
				 struct reason *why) must_check;

/* Fills the fields of the header in `setup`, a copy of the image's setup code. */
void linux_real_mode_fill(const struct linux_load *load, const struct linux_real_mode *real,
			  uint8_t *setup);

#endif
