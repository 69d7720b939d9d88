/* The sections that are loaded lie one after the other in one place. Where each lies follows from the
 * table alone, so that it need not be written down. */
#include "guest/load/kernel_sections.h"

#include "lib/bits.h"
#include "lib/string.h"

/* Headers may be longer than the structure is: the rest is copied as it stands. */
#define HEADER_LEAST 64

/* True for a section that is in the file and not in the memory of a segment. */
static bool is_apart(const struct elf_section *section)
{
	return section->type != ELF_SECTION_NULL && section->type != ELF_SECTION_NOBITS &&
	       !(section->flags & ELF_SECTION_ALLOC) && section->size;
}

/* Where a section begins that follows what ends at `end`, counted from the start of all. */
static uint64_t begin(const struct elf_section *section, uint64_t end)
{
	bool usual = is_power_of_two(section->align) && section->align <= PAGE_SIZE;

	return align_up(end, usual ? section->align : 1);
}

static uint64_t total_size(const struct elf_image *elf)
{
	uint64_t end = 0;

	for (unsigned n = 0; n < elf->section_count; n++) {
		struct elf_section s = elf_section(elf, n);

		if (is_apart(&s))
			end = begin(&s, end) + s.size;
	}
	return end;
}

void kernel_sections_load(struct kernel_load *load)
{
	const struct elf_image *elf = &load->elf;
	const uint64_t size = total_size(elf);
	uint64_t at, end = 0;
	uint8_t *memory;

	if (!size || kernel_load_place(load, "", size, &at, &memory, NULL))
		return;
	for (unsigned n = 0; n < elf->section_count; n++) {
		struct elf_section s = elf_section(elf, n);

		if (!is_apart(&s))
			continue;
		uint64_t start = begin(&s, end);
		memcpy(memory + start, elf->bytes + s.offset, s.size);
		end = start + s.size;
	}
	load->sections_at = at;
}

uint64_t kernel_sections_put(struct info_writer *writer, const struct kernel_load *load)
{
	const struct elf_image *elf = &load->elf;
	uint64_t table = writer->start + writer->used, end = 0;

	for (unsigned n = 0; n < elf->section_count; n++) {
		struct elf_section s = elf_section(elf, n);
		const uint8_t *header = elf_section_header(elf, n);
		unsigned head = elf->section_size < HEADER_LEAST ? elf->section_size : HEADER_LEAST;
		uint8_t bytes[HEADER_LEAST];

		memcpy(bytes, header, head);
		if (load->sections_at && is_apart(&s)) {
			uint64_t start = begin(&s, end);
			elf_set_section_address(elf, bytes, load->sections_at + start);
			end = start + s.size;
		}
		info_put(writer, bytes, head);
		info_put(writer, header + head, elf->section_size - head);
	}
	return table;
}
