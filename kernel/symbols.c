/* Looking an address up in the sorted table that tools/make-symbols writes. */
#include "kernel/symbols.h"

#include "kernel/address_space.h"
#include "lib/string.h"

/* Offsets from the image's start, ascending, and as many names one after the other. */
extern const uint32_t symbol_count, symbol_offsets[];
extern const char symbol_names[];

static const char *name_of(uint32_t index)
{
	const char *name = symbol_names;

	while (index--)
		name += strlen(name) + 1;
	return name;
}

const char *symbols_find(uint64_t address, uint64_t *offset)
{
	uint64_t from_start = address - (uintptr_t)image_start;
	uint32_t low = 0, high = symbol_count;

	if (address < (uintptr_t)image_start || address >= (uintptr_t)image_text_end)
		return NULL;
	while (low < high) { /* the first symbol that lies behind the address */
		uint32_t middle = low + (high - low) / 2;
		if (symbol_offsets[middle] <= from_start)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	*offset = from_start - symbol_offsets[low - 1];
	return name_of(low - 1);
}
