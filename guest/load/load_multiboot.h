/* Kernels of the Multiboot Specification, versions 1 and 2: found by the header that they have near
 * their start, loaded as ELF or by the addresses that the header names, entered flat in 32-bit mode
 * with EAX a magic number and EBX the address of the boot information. Pure. */
#ifndef GUEST_LOAD_LOAD_MULTIBOOT_H
#define GUEST_LOAD_LOAD_MULTIBOOT_H

#include "guest/load/loader.h"
#include "lib/error.h"
#include "lib/types.h"

/* Loads `kernel` by its Multiboot2 header, or its Multiboot 1 header if it has no other. The modules
 * lie above it, each from a page's start, with their `string`.
 *
 * InvalidData: the image is malformed or has no header. Unsupported: its header requires what this
 * machine does not have; the sentence names the bit or tag. NoMemory: something does not fit into the
 * VM. InvalidInput: there are too many modules. What is in guest RAM is then undefined. */
enum error load_multiboot(const struct load_target *target, const struct load_file *kernel,
			  const struct load_file *modules, unsigned module_count,
			  struct boot_state *out, struct reason *why) must_check;

#endif
