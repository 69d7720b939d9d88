/* Any bytes as an ELF file. The first byte of the input may put the fields right that the fuzzer
 * would need long to guess. What elf_open() accepts is then read whole. */
#include <stdlib.h>
#include <string.h>

#include "guest/load/elf.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned sum;

static void touch(const uint8_t *bytes, uint64_t length)
{
	for (uint64_t i = 0; i < length; i++)
		sum += bytes[i];
}

static void read_all(const struct elf_image *elf)
{
	uint64_t entry;
	struct elf_note note;

	for (unsigned n = 0; n < elf->segment_count; n++) {
		struct elf_segment s = elf_segment(elf, n);

		if (!elf_segment_is_loaded(&s))
			continue;
		assert(s.physical_start + (s.memory_size - 1) >= s.physical_start);
		assert(s.file_size <= s.memory_size);
		touch(elf->bytes + s.offset, s.file_size);
	}
	for (unsigned n = 0; n < elf->section_count; n++) {
		struct elf_section s = elf_section(elf, n);

		if (s.type != ELF_SECTION_NULL && s.type != ELF_SECTION_NOBITS)
			touch(elf->bytes + s.offset, s.size);
	}
	if (elf_find_note(elf, "Xen", 18, &note))
		touch(note.content, note.length);
	if (elf_entry(elf, elf->entry, &entry, NULL) == ERROR_NONE)
		sum += (unsigned)entry;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct elf_image elf;
	struct reason why = { 0 };

	if (size < 32)
		return 0;
	uint8_t choices = *data++;
	size--;
	uint8_t *copy = malloc(size);
	memcpy(copy, data, size);
	if (choices & 1) {
		memcpy(copy, "\177ELF", 4);
		copy[4] = choices & 2 ? 2 : 1;
		memcpy(copy + 5, "\1\1", 2);
		memcpy(copy + 16, "\2\0\76\0", 4);
	}
	enum error error = elf_open(copy, size, &elf, &why);
	if (!error)
		read_all(&elf);
	else
		assert(why.kind == error && why.text[0]);
	free(copy);
	return 0;
}
