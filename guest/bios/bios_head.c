/* What the BIOS is told: the memory map, in the three forms in which it is asked for. */
#include "guest/bios/bios_head.h"

#include "lib/bits.h"
#include "lib/string.h"

#define EXTENDED_MEMORY MIB(1)
#define BELOW_16M       MIB(15)

static uint16_t at_most(uint64_t value, uint64_t most)
{
	return (uint16_t)(value < most ? value : most);
}

/* RAM from 1 MiB on, in one piece. */
static void tell_extended_memory(struct bios_head *head, uint64_t length)
{
	head->memory_kib = at_most(length / KIB(1), UINT16_MAX);
	head->memory_to_16m = at_most(length / KIB(1), BELOW_16M / KIB(1));
	head->memory_above = 0;
	if (length > BELOW_16M)
		head->memory_above = at_most((length - BELOW_16M) / KIB(64), UINT16_MAX);
}

void bios_tell_machine(struct bios_head *head, const struct load_target *target)
{
	tell_extended_memory(head, 0);
	head->screen = target->vga_text;
	head->memory_count = (uint16_t)target->map.count;
	for (unsigned i = 0; i < target->map.count; i++) {
		const struct memory_entry *entry = &target->map.entries[i];

		memcpy(&head->memory[i], entry, MEMORY_ENTRY_SHORT);
		if (entry->start == EXTENDED_MEMORY && entry->kind == MEMORY_RAM)
			tell_extended_memory(head, entry->length);
	}
}

void bios_point_vectors(const struct bios_head *head, struct real_pointer *table)
{
	for (unsigned i = 0; i < BIOS_VECTORS; i++)
		table[i] = (struct real_pointer) { head->vectors[0].offset, BIOS_SEGMENT };
	for (unsigned i = 1; i < head->vector_count; i++)
		table[head->vectors[i].number].offset = head->vectors[i].offset;
}
