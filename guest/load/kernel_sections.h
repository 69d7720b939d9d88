/* A kernel's own section headers, as Multiboot hands them to it for its symbols: those sections that
 * no segment holds (symbols, names, debug information) are put into memory, and their headers say
 * where. Pure. */
#ifndef GUEST_LOAD_KERNEL_SECTIONS_H
#define GUEST_LOAD_KERNEL_SECTIONS_H

#include "guest/load/kernel_info.h"

/* Loads the sections of a kernel that was loaded as ELF. They are a courtesy: where there
 * is no room for them, they have no address and the kernel starts without. */
void kernel_sections_load(struct kernel_load *load);

/* Appends the table of section headers. */
uint64_t kernel_sections_put(struct info_writer *writer, const struct kernel_load *load);

#endif
