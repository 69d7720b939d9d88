/* The tables that a flat entry needs in guest RAM: segment descriptors, and page tables that map
 * memory to itself. Pure. */
#ifndef GUEST_LOAD_START_TABLES_H
#define GUEST_LOAD_START_TABLES_H

#include "guest/load/placement.h"

/* The selectors of Linux's boot protocol, which serve every flat start. */
#define START_CODE_SELECTOR 0x10
#define START_DATA_SELECTOR 0x18

/* Places a descriptor table below 1 MiB, or as low as there is room, with a flat code (64-bit
 * where `mode` is VCPU_MODE_LONG64, else 32-bit) and a flat data segment, and fills mode, GDT and
 * segments of `out`. */
enum error start_flat(struct placement *placement, enum vcpu_mode mode, struct boot_state *out,
		      struct reason *why) must_check;

/* Places four-level page tables that map the first 4 GiB, and all RAM of the map that lies higher
 * (512 GiB at most), to themselves with pages of 2 MiB, and sets page_table of `out`. */
enum error start_identity_map(struct placement *placement, struct boot_state *out,
			      struct reason *why) must_check;

#endif
