/* Page tables for 4 GiB take six pages, and a page more for each further GiB: SDM volume 3, "4-Level
 * Paging". Pages of 2 MiB, as not every CPU has larger ones. */
#include "guest/load/start_tables.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "x86/page_table.h"
#include "x86/segment.h"

#define DESCRIPTORS          4
#define DESCRIPTOR_LIMIT_ALL 0xfffff
#define MAPPED_LEAST         GIB(4)
#define MAPPED_MOST          GIB(512) /* what one page-directory-pointer table reaches */
#define TABLE_ENTRY          (PAGE_PRESENT | PAGE_WRITABLE)
_Static_assert(START_DATA_SELECTOR / 8 < DESCRIPTORS, "both selectors lie in the table");

enum error start_flat(struct placement *placement, enum vcpu_mode mode, struct boot_state *out,
		      struct reason *why)
{
	const uint32_t code = mode == VCPU_MODE_LONG64 ? RIGHTS_CODE64 : RIGHTS_CODE32;
	uint64_t descriptors[DESCRIPTORS] = {
		[START_CODE_SELECTOR / 8] = descriptor_make(0, DESCRIPTOR_LIMIT_ALL, code),
		[START_DATA_SELECTOR / 8] = descriptor_make(0, DESCRIPTOR_LIMIT_ALL, RIGHTS_DATA32),
	};
	const struct placement_wish wish = { .what = "the descriptor table",
					     .size = sizeof(descriptors),
					     .alignment = sizeof(uint64_t),
					     .limit = GIB(4) };
	uint8_t *memory;

	enum error error = placement_find(placement, &wish, &out->gdt_base, &memory, why);
	if (error)
		return error;
	memcpy(memory, descriptors, sizeof(descriptors));
	out->mode = mode;
	out->gdt_limit = sizeof(descriptors) - 1;
	out->cs = START_CODE_SELECTOR;
	out->ds = START_DATA_SELECTOR;
	return ERROR_NONE;
}

/* The end of what is mapped, in whole GiB. */
static uint64_t mapped_end(const struct load_target *target)
{
	uint64_t end = MAPPED_LEAST;

	for (unsigned i = 0; i < target->map.count; i++) {
		const struct memory_entry *entry = &target->map.entries[i];
		if (entry->kind != MEMORY_RAM || !range_is_valid(entry->start, entry->length))
			continue;
		uint64_t last = entry->start + (entry->length - 1);
		if (last >= MAPPED_MOST)
			return MAPPED_MOST;
		if (last >= end)
			end = align_up(last + 1, GIB(1));
	}
	return end;
}

static void put_entry(uint8_t *table, unsigned index, uint64_t entry)
{
	memcpy(table + index * sizeof(entry), &entry, sizeof(entry));
}

enum error start_identity_map(struct placement *placement, struct boot_state *out,
			      struct reason *why)
{
	const unsigned directories = (unsigned)(mapped_end(placement->target) / GIB(1));
	const struct placement_wish wish = { .what = "the page tables",
					     .size = (2 + directories) * PAGE_SIZE,
					     .alignment = PAGE_SIZE,
					     .limit = GIB(4) };
	uint8_t *top;
	uint64_t at;

	enum error error = placement_find(placement, &wish, &at, &top, why);
	if (error)
		return error;
	uint8_t *pointers = top + PAGE_SIZE, *directory = pointers + PAGE_SIZE;
	memset(top, 0, 2 * PAGE_SIZE);
	put_entry(top, 0, (at + PAGE_SIZE) | TABLE_ENTRY);
	for (unsigned i = 0; i < directories; i++)
		put_entry(pointers, i, (at + (2 + i) * PAGE_SIZE) | TABLE_ENTRY);
	for (unsigned i = 0; i < directories * PAGE_TABLE_ENTRIES; i++)
		put_entry(directory, i, i * MIB(2) | PAGE_LARGE | TABLE_ENTRY);
	out->page_table = at;
	return ERROR_NONE;
}
