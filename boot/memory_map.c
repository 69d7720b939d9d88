/* The memory map as a sorted array, changed one claim at a time: split the ranges at the claim's two
 * borders, raise the kind of all that lies between, fill the holes, merge. When the array is full,
 * each step has a way that needs no slot and never makes anything usable. */
#include "boot/memory_map.h"

#include "lib/bits.h"
#include "lib/string.h"
#include "lib/text_list.h"

/* SDM volume 3, "Paging Modes and Control Bits": physical addresses have 52 bits at most. */
#define PHYSICAL_END (1ull << 52)

static const char kind_names[] =
#define X(symbol, name) name "\0"
	MEMORY_KIND_LIST(X)
#undef X
	;

const char *memory_kind_name(enum memory_kind kind)
{
	return (unsigned)kind < MEMORY_KINDS ? nth_text(kind_names, kind) : "unknown";
}

static uint64_t range_end(const struct memory_range *range)
{
	return range->start.value + range->length;
}

/* The index of the first range that ends behind `address`; `count` if none does. */
static unsigned first_after(const struct memory_map *map, uint64_t address)
{
	unsigned low = 0, high = map->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (range_end(&map->ranges[middle]) > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Opens a slot at `index`; false when the array is full. */
static bool open_slot(struct memory_map *map, unsigned index)
{
	if (map->count == MEMORY_MAP_MAX_RANGES)
		return false;
	memmove(&map->ranges[index + 1], &map->ranges[index],
		(map->count - index) * sizeof(map->ranges[0]));
	map->count++;
	return true;
}

static void overflow(struct memory_map *map, uint64_t start, uint64_t end,
		     const struct complaints *complaints)
{
	map->overflowed = true;
	complain(complaints, "memory map: more than %u ranges: 0x%llx-0x%llx is not used",
		 MEMORY_MAP_MAX_RANGES, (unsigned long long)start, (unsigned long long)end);
}

/* Which part of a range a split may give up when there is no slot for both. */
enum spare { SPARE_BELOW, SPARE_ABOVE };

/* Makes `address` a border of the ranges. Without a free slot, usable memory on the `spare` side is
 * given up, and any other range becomes of kind `kind` as a whole. */
static void split_at(struct memory_map *map, uint64_t address, enum memory_kind kind,
		     enum spare spare, const struct complaints *complaints)
{
	unsigned index = first_after(map, address);

	if (index == map->count || map->ranges[index].start.value >= address)
		return;
	struct memory_range *range = &map->ranges[index];
	uint64_t start = range->start.value, end = range_end(range);

	if (open_slot(map, index)) {
		range[0].length = address - start;
		range[1].start = hpa(address);
		range[1].length = end - address;
	} else if (range->kind != MEMORY_USABLE) {
		if (range->kind < kind) {
			range->kind = kind;
			overflow(map, start, end, complaints);
		}
	} else if (spare == SPARE_ABOVE) {
		range->length = address - start;
		overflow(map, address, end, complaints);
	} else {
		range->start = hpa(address);
		range->length = end - address;
		overflow(map, start, address, complaints);
	}
}

/* Covers the hole [start, end) just before `index` with `kind`. True if a slot was added. */
static bool fill_hole(struct memory_map *map, unsigned index, uint64_t start, uint64_t end,
		      enum memory_kind kind, const struct complaints *complaints)
{
	struct memory_range *before = index ? &map->ranges[index - 1] : NULL;

	if (before && range_end(before) == start && before->kind == kind) {
		before->length += end - start;
		return false;
	}
	if (!open_slot(map, index)) {
		overflow(map, start, end, complaints);
		return false;
	}
	map->ranges[index] = (struct memory_range) { hpa(start), end - start, kind };
	return true;
}

static void merge_neighbours(struct memory_map *map)
{
	unsigned kept = 0;

	for (unsigned i = 1; i < map->count; i++) {
		struct memory_range *last = &map->ranges[kept], *next = &map->ranges[i];
		if (last->kind == next->kind && range_end(last) == next->start.value)
			last->length += next->length;
		else
			map->ranges[++kept] = *next;
	}
	map->count = map->count ? kept + 1 : 0;
}

/* `start` and `end` are page aligned, start < end. */
static void claim(struct memory_map *map, uint64_t start, uint64_t end, enum memory_kind kind,
		  bool fill, const struct complaints *complaints)
{
	if (kind != MEMORY_USABLE) { /* nothing gives way to a claim of usable memory */
		split_at(map, start, kind, SPARE_ABOVE, complaints);
		split_at(map, end, kind, SPARE_BELOW, complaints);
	}

	uint64_t cursor = start;
	unsigned i = first_after(map, start);
	while (cursor < end) {
		struct memory_range *range = i < map->count ? &map->ranges[i] : NULL;
		if (range && range->start.value <= cursor) {
			if (range->kind < kind)
				range->kind = kind;
			cursor = range_end(range);
			i++;
			continue;
		}
		uint64_t stop = range && range->start.value < end ? range->start.value : end;
		if (fill && fill_hole(map, i, cursor, stop, kind, complaints))
			i++;
		cursor = stop;
	}
	merge_neighbours(map);
}

/* Cuts a claim to whole pages inside the physical address space. False when nothing is left. */
static bool to_pages(uint64_t *start, uint64_t *end, enum memory_kind kind,
		     const struct complaints *complaints)
{
	uint64_t length = *end;

	if (!length)
		return false; /* firmware lists empty ranges; they mean nothing */
	if (!range_is_valid(*start, length) || *start >= PHYSICAL_END ||
	    length > PHYSICAL_END - *start)
		complain(complaints,
			 "memory map: %s range start=0x%llx length=0x%llx leaves the physical "
			 "address space and is cut",
			 memory_kind_name(kind), (unsigned long long)*start,
			 (unsigned long long)length);
	if (*start >= PHYSICAL_END)
		return false;
	*end = length > PHYSICAL_END - *start ? PHYSICAL_END : *start + length;
	if (kind == MEMORY_USABLE) {
		*start = align_up(*start, PAGE_SIZE);
		*end = align_down(*end, PAGE_SIZE);
	} else {
		*start = align_down(*start, PAGE_SIZE);
		*end = align_up(*end, PAGE_SIZE);
	}
	return *start < *end;
}

void memory_map_add(struct memory_map *map, uint64_t start, uint64_t length, enum memory_kind kind,
		    const struct complaints *complaints)
{
	uint64_t end = length;

	if (!to_pages(&start, &end, kind, complaints))
		return;
	if (kind == MEMORY_USABLE && map->overflowed)
		overflow(map, start, end, complaints);
	else
		claim(map, start, end, kind, true, complaints);
}

void memory_map_take(struct memory_map *map, hpa_t start, uint64_t length,
		     const struct complaints *complaints)
{
	uint64_t from = start.value, end = length;

	if (to_pages(&from, &end, MEMORY_TAKEN, complaints))
		claim(map, from, end, MEMORY_TAKEN, false, complaints);
}

bool memory_map_find(const struct memory_map *map, uint64_t length, uint64_t align, uint64_t lowest,
		     uint64_t limit, hpa_t *at)
{
	for (unsigned i = first_after(map, lowest); i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];
		uint64_t start = range->start.value > lowest ? range->start.value : lowest;
		uint64_t end = range_end(range) < limit ? range_end(range) : limit;

		start = align_up(start, align);
		if (range->kind == MEMORY_USABLE && start < end && length <= end - start) {
			*at = hpa(start);
			return true;
		}
	}
	return false;
}

const struct memory_range *memory_map_lookup(const struct memory_map *map, hpa_t address)
{
	unsigned index = first_after(map, address.value);

	if (index == map->count || map->ranges[index].start.value > address.value)
		return NULL;
	return &map->ranges[index];
}

bool memory_map_is_ram(const struct memory_map *map, uint64_t start, uint64_t length)
{
	if (!range_is_valid(start, length))
		return false;
	for (;;) {
		const struct memory_range *range = memory_map_lookup(map, hpa(start));
		if (!range || range->kind > MEMORY_TAKEN)
			return false;
		uint64_t covered = range_end(range) - start;
		if (covered >= length)
			return true;
		start += covered;
		length -= covered;
	}
}

bool memory_map_touches_ram(const struct memory_map *map, uint64_t start, uint64_t length)
{
	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];
		if (range->kind <= MEMORY_TAKEN && range->start.value < start + length &&
		    start < range_end(range))
			return true;
	}
	return false;
}

uint64_t memory_map_total(const struct memory_map *map, enum memory_kind kind)
{
	uint64_t total = 0;

	for (unsigned i = 0; i < map->count; i++) {
		if (map->ranges[i].kind == kind)
			total += map->ranges[i].length;
	}
	return total;
}

uint64_t memory_map_top(const struct memory_map *map)
{
	for (unsigned i = map->count; i--;) {
		if (map->ranges[i].kind <= MEMORY_TAKEN)
			return range_end(&map->ranges[i]);
	}
	return 0;
}
