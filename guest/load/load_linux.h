/* Linux's boot protocol (Linux, "The Linux/x86 Boot Protocol"): a bzImage or zImage, and images that
 * pose as one, entered at their 64-bit, 32-bit or 16-bit entry. The kernel's header is checked field
 * by field; boot parameters, command line, initrd, page tables and descriptors are put where header
 * and memory map allow. Pure. */
#ifndef GUEST_LOAD_LOAD_LINUX_H
#define GUEST_LOAD_LOAD_LINUX_H

#include "guest/load/loader.h"
#include "guest/load/vm_spec.h"
#include "lib/error.h"
#include "lib/types.h"

/* Loads `kernel`, whose `string` is the kernel's command line, and `initrds` one after the other as
 * one archive, each from a multiple of four bytes, as the kernel wants concatenated archives.
 * ENTRY_DEFAULT takes the widest entry that the image offers.
 *
 * The 16-bit entry is the kernel's real-mode code, which asks the BIOS for memory and video: whoever
 * makes the machine has to put one there (guest/bios/).
 *
 * InvalidData: the image is malformed. Unsupported: it has no such entry, or takes no initrd.
 * NoMemory: something does not fit into the VM. InvalidInput: the command line is longer than the
 * kernel takes. What is in guest RAM is then undefined. */
enum error load_linux(const struct load_target *target, const struct load_file *kernel,
		      const struct load_file *initrds, unsigned initrd_count, enum spec_entry entry,
		      struct boot_state *out, struct reason *why) must_check;

#endif
