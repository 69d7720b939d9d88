/* ELF images, 32-bit and 64-bit, as kernels come: what System V's Application Binary Interface
 * ("Object Files", "Program Loading") lays down for i386 and x86-64. An image is hostile: elf_open()
 * checks every table once against the file, and whatever is read after that lies within it. Pure. */
#ifndef GUEST_LOAD_ELF_H
#define GUEST_LOAD_ELF_H

#include "lib/error.h"
#include "lib/types.h"

/* Far beyond what a linker makes of a kernel; they bound every loop. */
#define ELF_MOST_SEGMENTS 64
#define ELF_MOST_SECTIONS 1024

enum elf_segment_type { ELF_SEGMENT_LOAD = 1, ELF_SEGMENT_NOTE = 4 };

enum elf_section_type {
	ELF_SECTION_NULL = 0,
	ELF_SECTION_SYMBOLS = 2, /* SHT_SYMTAB */
	ELF_SECTION_STRINGS = 3,
	ELF_SECTION_NOTE = 7,
	ELF_SECTION_NOBITS = 8
};

#define ELF_SECTION_ALLOC 0x2ull /* sh_flags: it is part of a segment */

struct elf_image {
	const uint8_t *bytes;
	uint64_t length;
	bool is_64bit;
	uint64_t entry;              /* e_entry, as it stands: see elf_entry() */
	uint64_t segments, sections; /* file offsets of the tables */
	unsigned segment_count, segment_size;
	unsigned section_count, section_size;
	unsigned section_names; /* e_shstrndx: the section of section names */
};

/* A program header. The file's part of a segment to load or of notes lies within the file, and a
 * segment to load does not wrap around either address space, nor do two of them overlap. */
struct elf_segment {
	uint64_t type;
	uint64_t offset, file_size; /* bytes of the file */
	uint64_t virtual_start, physical_start;
	uint64_t memory_size; /* file_size at least, for segments to load */
	uint64_t align;
};

/* True for a segment that takes memory. */
static inline bool elf_segment_is_loaded(const struct elf_segment *segment)
{
	return segment->type == ELF_SEGMENT_LOAD && segment->memory_size;
}

/* A section header. Its bytes, if it has any in the file, lie within it. */
struct elf_section {
	uint64_t type, flags, address;
	uint64_t offset, size;
	uint64_t align;
	uint64_t link; /* as it stands */
};

struct elf_note {
	const uint8_t *content;
	uint32_t length;
};

/* InvalidData with the field when the file is no executable for i386 or x86-64 or its tables are
 * broken; Unsupported when it has more segments or sections than are read. */
enum error elf_open(const uint8_t *bytes, uint64_t length, struct elf_image *out,
		    struct reason *why) must_check;

/* Header `n`, below the count of its kind. */
struct elf_segment elf_segment(const struct elf_image *elf, unsigned n);
struct elf_section elf_section(const struct elf_image *elf, unsigned n);

/* The bytes of section header `n`, section_size of them, and the changing of the address in a copy. */
const uint8_t *elf_section_header(const struct elf_image *elf, unsigned n);
void elf_set_section_address(const struct elf_image *elf, uint8_t *header, uint64_t address);

/* The physical address of an entry point, which linkers give as a virtual one: translated through
 * the segment that holds it, as boot loaders do; else taken as physical if a segment lies there.
 * InvalidData when no segment has it. */
enum error elf_entry(const struct elf_image *elf, uint64_t entry, uint64_t *out,
		     struct reason *why) must_check;

/* Finds the note `type` of `name` in the note segments, or the note sections when there are none.
 * False when it is not there; a list of notes that is cut off ends at the cut. */
bool elf_find_note(const struct elf_image *elf, const char *name, uint32_t type,
		   struct elf_note *out);

#endif
