/* Kernels that are entered as Xen enters guests without firmware: an ELF image whose note names a
 * 32-bit entry, and in EBX the address of a start_info structure (Xen, "x86/HVM direct boot ABI").
 * Linux's vmlinux is one. Pure. */
#ifndef GUEST_LOAD_LOAD_PVH_H
#define GUEST_LOAD_LOAD_PVH_H

#include "guest/load/loader.h"
#include "lib/error.h"
#include "lib/types.h"

/* Loads `kernel` and, above it, the modules, each from a page's start, with their `string`; Linux
 * takes the first module for its initrd.
 *
 * InvalidData: the image is malformed or no PVH kernel. NoMemory: something does not fit into the VM.
 * InvalidInput: there are too many modules. What is in guest RAM is then undefined. */
enum error load_pvh(const struct load_target *target, const struct load_file *kernel,
		    const struct load_file *modules, unsigned module_count, struct boot_state *out,
		    struct reason *why) must_check;

#endif
