/* Any bytes as Multiboot2 boot information: no read outside of them, every result within bounds, and
 * a memory map made of it that keeps its promises. */
#include <stdlib.h>
#include <string.h>

#include "boot/memory_map.h"
#include "lib/assert.h"
#include "lib/bits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(void *context, const char *sentence)
{
	assert(strlen(sentence) < 192);
	++*(unsigned *)context;
}

static void check_modules(const struct multiboot2_info *info)
{
	assert(info->module_count <= MULTIBOOT2_MAX_MODULES);
	for (unsigned i = 0; i < info->module_count; i++) {
		const struct multiboot2_module *module = &info->modules[i];
		assert(strlen(module->string) < info->total_size);
		for (unsigned j = 0; j < i; j++)
			assert(!module->length || !info->modules[j].length ||
			       !ranges_overlap(module->start.value, module->length,
					       info->modules[j].start.value,
					       info->modules[j].length));
	}
}

static uint8_t sum_of(const struct multiboot2_bytes *bytes)
{
	uint8_t sum = 0;

	for (uint32_t i = 0; bytes->bytes && i < bytes->length; i++)
		sum = (uint8_t)(sum + bytes->bytes[i]);
	return sum;
}

static void check_map(const struct memory_map *map)
{
	uint64_t end = 0;

	assert(map->count <= MEMORY_MAP_MAX_RANGES);
	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];
		assert(range->start.value >= end && range->length);
		assert(is_aligned(range->start.value, PAGE_SIZE) &&
		       is_aligned(range->length, PAGE_SIZE));
		end = range->start.value + range->length;
		assert(end <= 1ull << 52);
	}
}

/* What one entry calls not usable may not end up usable. */
static void check_reserved(const struct memory_map *map, const struct multiboot2_info *info)
{
	for (uint32_t i = 0; i < info->memory_map.count; i++) {
		struct multiboot2_memory_entry entry =
			multiboot2_memory_entry(&info->memory_map, i);
		if (entry.type == 1 || !entry.length)
			continue;
		const struct memory_range *first = memory_map_lookup(map, hpa(entry.start));
		assert(!first || first->kind != MEMORY_USABLE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct memory_map map;
	struct multiboot2_info info;
	struct reason why;
	unsigned heard = 0;
	const struct complaints complaints = { .hear = hear, .context = &heard };
	uint8_t *copy = malloc(size + 1); /* odd address: nothing may rely on alignment */

	if (size)
		memcpy(copy + 1, data, size);
	const struct multiboot2_source source = {
		.info = copy + 1,
		.available = size,
		.at = hpa(0x10000),
		.image = hpa(0x100000),
		.image_length = 0x100000,
	};
	if (multiboot2_parse(&source, &info, &complaints, &why) == ERROR_NONE) {
		assert(info.total_size <= size);
		assert(strlen(info.command_line) + strlen(info.loader_name) < size);
	}
	check_modules(&info);
	sum_of(&info.old_rsdp);
	sum_of(&info.new_rsdp);
	if (memory_map_build(&map, &info, &complaints, &why) == ERROR_NONE)
		assert(memory_map_total(&map, MEMORY_USABLE));
	check_map(&map);
	check_reserved(&map, &info);
	for (unsigned i = 0; i < info.module_count; i++)
		memory_map_take(&map, info.modules[i].start, info.modules[i].length, &complaints);
	check_map(&map);
	free(copy);
	return 0;
}
