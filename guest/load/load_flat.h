/* An image without any format: its bytes go to an address and are entered there, in the mode that
 * the user names. Pure. */
#ifndef GUEST_LOAD_LOAD_FLAT_H
#define GUEST_LOAD_LOAD_FLAT_H

#include "guest/load/loader.h"
#include "guest/load/vm_spec.h"
#include "lib/error.h"
#include "lib/types.h"

/* Puts `image` at `address` and enters its first byte: ENTRY_16 in real mode (the address is then a
 * multiple of 16 below 1 MiB, and all segments begin there), ENTRY_32 (the default) flat without
 * paging, ENTRY_64 with the first 4 GiB and all RAM mapped to itself. General registers are 0, RSP
 * too: a stack is the guest's own affair.
 *
 * InvalidData: the image is empty. InvalidInput: the address does not fit the entry. NoMemory: the
 * image is not in the VM's free RAM. */
enum error load_flat(const struct load_target *target, const struct load_file *image,
		     uint64_t address, enum spec_entry entry, struct boot_state *out,
		     struct reason *why) must_check;

#endif
