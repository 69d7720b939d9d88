/* The symbols of an ELF image, read where they stand in the file: System V's Application Binary
 * Interface, "Symbol Table". Nothing is copied, and nothing is sorted: who asks is a report on a guest
 * that died. Hostile as the rest of an image. Pure. */
#ifndef GUEST_LOAD_ELF_SYMBOLS_H
#define GUEST_LOAD_ELF_SYMBOLS_H

#include "guest/load/elf.h"

/* More than these are not looked at: a Linux kernel has a quarter of them. */
#define ELF_MOST_SYMBOLS 0x100000u

struct elf_symbols {
	struct elf_image elf;
	uint64_t table, strings; /* file offsets */
	uint64_t strings_length;
	unsigned count;
};

/* False when the file is no ELF image that elf_open() takes, or has no symbols. */
bool elf_symbols_open(const uint8_t *bytes, uint64_t length, struct elf_symbols *out);

/* Writes `name+0x12` for the symbol of code or data that lies closest below the virtual address `at`,
 * where a segment of the image lies. Where no segment has that address, one that is loaded at the
 * physical address `at` counts: early code of kernels runs there. False, and "", when there is none. */
bool elf_symbols_find(const struct elf_symbols *symbols, uint64_t at, char *text, size_t size);

#endif
