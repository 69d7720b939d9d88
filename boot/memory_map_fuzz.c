/* Any sequence of claims in a small address space, small enough for a model of a byte a page. The
 * list is made to overflow, and then nothing may be usable that the model does not call usable. */
#include <string.h>

#include "boot/memory_map.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PAGES 4096u

/* Ranges of three pages and a hole each, up to a few below the most. */
static void crowd(struct memory_map *map, uint8_t *model, unsigned free_slots)
{
	unsigned count = free_slots < 16 ? MEMORY_MAP_MAX_RANGES - free_slots : 0;

	map->count = count;
	for (unsigned i = 0; i < count; i++) {
		enum memory_kind kind = i % 7 ? MEMORY_USABLE : MEMORY_ACPI;
		map->ranges[i] =
			(struct memory_range) { hpa(i * 4 * PAGE_SIZE), 3 * PAGE_SIZE, kind };
		memset(model + i * 4, (int)kind + 1, 3);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory_map map;
	static uint8_t model[PAGES]; /* kind + 1; 0 for a hole */
	struct claim {
		uint16_t start;
		uint8_t count, kind;
	} claim;

	map.count = 0;
	map.overflowed = false;
	memset(model, 0, sizeof(model));
	if (size)
		crowd(&map, model, *data);
	for (; size >= sizeof(claim); data += sizeof(claim), size -= sizeof(claim)) {
		memcpy(&claim, data, sizeof(claim));
		unsigned start = claim.start % PAGES, count = claim.count;
		bool take = claim.kind & 0x80;
		uint8_t kind = take ? MEMORY_TAKEN : claim.kind % MEMORY_KINDS;
		if (take)
			memory_map_take(&map, hpa(start * PAGE_SIZE), count * PAGE_SIZE, NULL);
		else
			memory_map_add(&map, start * PAGE_SIZE, count * PAGE_SIZE,
				       (enum memory_kind)kind, NULL);
		for (unsigned i = start; i < start + count && i < PAGES; i++) {
			if ((model[i] || !take) && model[i] < kind + 1)
				model[i] = (uint8_t)(kind + 1);
		}
	}
	for (unsigned i = 0; i < PAGES; i++) {
		const struct memory_range *range = memory_map_lookup(&map, hpa(i * PAGE_SIZE));
		if (!map.overflowed)
			assert(range ? range->kind + 1u == model[i] : !model[i]);
		else if (range && range->kind == MEMORY_USABLE)
			assert(model[i] == MEMORY_USABLE + 1);
	}
	return 0;
}
