/* ELF files made field by field, 32-bit or 64-bit, for the tests of what reads them. The header and
 * the tables are those of System V's Application Binary Interface; contents go where a test says. */
#ifndef TESTS_HOST_ELF_FILE_H
#define TESTS_HOST_ELF_FILE_H

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/types.h"

#define ELF_FILE_SEGMENTS_AT 0x40u
#define ELF_FILE_SECTIONS_AT 0x400u
#define ELF_FILE_CONTENT_AT  0x1000u

struct elf_file {
	uint8_t bytes[0x8000];
	uint64_t length;
	bool is_64bit;
};

static inline void elf_file_put(struct elf_file *file, uint64_t at, unsigned width, uint64_t value)
{
	assert(at + width <= sizeof(file->bytes));
	memcpy(file->bytes + at, &value, width);
}

/* One field: where it lies in the 32-bit and in the 64-bit structure that starts at `base`; it is as
 * wide as an address of the class. */
static inline void elf_file_word(struct elf_file *file, uint64_t base, unsigned offset32,
				 unsigned offset64, uint64_t value)
{
	elf_file_put(file, base + (file->is_64bit ? offset64 : offset32), file->is_64bit ? 8 : 4,
		     value);
}

static inline void elf_file_half(struct elf_file *file, unsigned offset32, unsigned offset64,
				 uint16_t value)
{
	elf_file_put(file, file->is_64bit ? offset64 : offset32, 2, value);
}

/* An executable without segments and sections, for i386 or x86-64. */
static inline void elf_file_make(struct elf_file *file, bool is_64bit, uint64_t entry)
{
	memset(file, 0, sizeof(*file));
	file->is_64bit = is_64bit;
	file->length = 0x4000;
	memcpy(file->bytes, "\177ELF", 4);
	file->bytes[4] = is_64bit ? 2 : 1;
	file->bytes[5] = 1;
	file->bytes[6] = 1;
	elf_file_put(file, 16, 2, 2);
	elf_file_put(file, 18, 2, is_64bit ? 62 : 3);
	elf_file_put(file, 20, 4, 1);
	elf_file_word(file, 0, 24, 24, entry);
	elf_file_word(file, 0, 28, 32, ELF_FILE_SEGMENTS_AT);
	elf_file_word(file, 0, 32, 40, ELF_FILE_SECTIONS_AT);
	elf_file_half(file, 40, 52, is_64bit ? 64 : 52);
	elf_file_half(file, 42, 54, is_64bit ? 56 : 32);
	elf_file_half(file, 46, 58, is_64bit ? 64 : 40);
}

static inline uint16_t elf_file_count(const struct elf_file *file, unsigned offset32,
				      unsigned offset64)
{
	uint16_t count;

	memcpy(&count, file->bytes + (file->is_64bit ? offset64 : offset32), sizeof(count));
	return count;
}

struct elf_file_segment {
	uint32_t type;
	uint64_t offset, virtual_start, physical_start, file_size, memory_size, align;
};

static inline void elf_file_set_segment(struct elf_file *file, unsigned n,
					struct elf_file_segment s)
{
	uint64_t at = ELF_FILE_SEGMENTS_AT + (uint64_t)n * (file->is_64bit ? 56 : 32);

	elf_file_put(file, at, 4, s.type);
	elf_file_word(file, at, 4, 8, s.offset);
	elf_file_word(file, at, 8, 16, s.virtual_start);
	elf_file_word(file, at, 12, 24, s.physical_start);
	elf_file_word(file, at, 16, 32, s.file_size);
	elf_file_word(file, at, 20, 40, s.memory_size);
	elf_file_word(file, at, 28, 48, s.align);
}

static inline void elf_file_add_segment(struct elf_file *file, struct elf_file_segment s)
{
	uint16_t n = elf_file_count(file, 44, 56);

	elf_file_set_segment(file, n, s);
	elf_file_half(file, 44, 56, (uint16_t)(n + 1));
}

struct elf_file_section {
	uint32_t type;
	uint64_t flags, address, offset, size, align;
};

static inline void elf_file_add_section(struct elf_file *file, struct elf_file_section s)
{
	uint16_t n = elf_file_count(file, 48, 60);
	uint64_t at = ELF_FILE_SECTIONS_AT + (uint64_t)n * (file->is_64bit ? 64 : 40);

	elf_file_put(file, at + 4, 4, s.type);
	elf_file_word(file, at, 8, 8, s.flags);
	elf_file_word(file, at, 12, 16, s.address);
	elf_file_word(file, at, 16, 24, s.offset);
	elf_file_word(file, at, 20, 32, s.size);
	elf_file_word(file, at, 32, 48, s.align);
	elf_file_half(file, 48, 60, (uint16_t)(n + 1));
}

/* A note at file offset `at`, padded to words; returns the offset behind it. */
static inline uint64_t elf_file_put_note(struct elf_file *file, uint64_t at, const char *name,
					 uint32_t type, const void *content, uint32_t length)
{
	uint32_t name_size = (uint32_t)strlen(name) + 1;

	elf_file_put(file, at, 4, name_size);
	elf_file_put(file, at + 4, 4, length);
	elf_file_put(file, at + 8, 4, type);
	memcpy(file->bytes + at + 12, name, name_size);
	at += 12 + ((name_size + 3) & ~3u);
	memcpy(file->bytes + at, content, length);
	return at + ((length + 3) & ~3u);
}

#endif
