/* One set holds what is claimed, the firmware's tables from the start. A search goes through the RAM
 * of the memory map and steps over what the set has; each step passes a claimed range for good, so
 * a search ends. */
#include "guest/load/placement.h"

#include "lib/assert.h"
#include "lib/bits.h"

_Static_assert(PLACEMENT_RANGES > LOAD_MEMORY_ENTRIES, "what is taken beforehand fits");

void placement_start(struct placement *placement, const char *loader,
		     const struct load_target *target)
{
	*placement = (struct placement) { .loader = loader, .target = target };
	placement->claimed = (struct range_set) { placement->ranges, 0, PLACEMENT_RANGES };
	for (unsigned i = 0; i < target->taken.count; i++) {
		const struct memory_entry *taken = &target->taken.entries[i];
		if (!range_is_valid(taken->start, taken->length))
			continue;
		bool added = range_set_add(&placement->claimed, taken->start, taken->length);
		assert(added);
	}
}

/* The claimed range that shares a byte with a valid range; null: none. */
static const struct address_range *collision(const struct placement *placement, uint64_t at,
					     uint64_t length)
{
	const struct range_set *set = &placement->claimed;

	for (unsigned i = 0; i < set->count; i++) {
		if (ranges_overlap(at, length, set->ranges[i].start, set->ranges[i].length))
			return &set->ranges[i];
	}
	return NULL;
}

/* True when one entry of the map says that all of a valid range is RAM. */
static bool is_ram(const struct load_target *target, uint64_t at, uint64_t length)
{
	for (unsigned i = 0; i < target->map.count; i++) {
		const struct memory_entry *entry = &target->map.entries[i];
		if (entry->kind == MEMORY_RAM && at >= entry->start &&
		    at - entry->start < entry->length &&
		    length <= entry->length - (at - entry->start))
			return true;
	}
	return false;
}

enum error placement_claim(struct placement *placement, const char *what, uint64_t at,
			   uint64_t length, uint8_t **memory, struct reason *why)
{
	const struct load_target *target = placement->target;

	if (memory)
		*memory = NULL;
	if (!length)
		return ERROR_NONE;
	uint8_t *bytes = NULL;
	if (range_is_valid(at, length) && is_ram(target, at, length))
		bytes = target->memory(target->context, at, length);
	if (!bytes)
		return reason_set(why, ERROR_NO_MEMORY,
				  "%s: %s at 0x%llx, 0x%llx bytes, is not in the VM's RAM",
				  placement->loader, what, (unsigned long long)at,
				  (unsigned long long)length);
	const struct address_range *other = collision(placement, at, length);
	if (other)
		return reason_set(
			why, ERROR_NO_MEMORY,
			"%s: %s at 0x%llx, 0x%llx bytes, meets what is taken from 0x%llx to "
			"0x%llx",
			placement->loader, what, (unsigned long long)at, (unsigned long long)length,
			(unsigned long long)other->start,
			(unsigned long long)(other->start + (other->length - 1)));
	if (!range_set_add(&placement->claimed, at, length))
		return reason_set(why, ERROR_NO_MEMORY, "%s: %s: too many pieces of memory",
				  placement->loader, what);
	if (memory)
		*memory = bytes;
	return ERROR_NONE;
}

/* The lowest free place of a wish within [least, limit), all of it RAM. */
static bool find_lowest(const struct placement *placement, const struct placement_wish *wish,
			uint64_t least, uint64_t limit, uint64_t *at)
{
	uint64_t here = align_up(least, wish->alignment);

	while (here >= least && here < limit && wish->size <= limit - here) {
		const struct address_range *other = collision(placement, here, wish->size);
		if (!other) {
			*at = here;
			return true;
		}
		if (other->start + (other->length - 1) == UINT64_MAX)
			return false;
		least = other->start + other->length;
		here = align_up(least, wish->alignment);
	}
	return false;
}

static bool find_highest(const struct placement *placement, const struct placement_wish *wish,
			 uint64_t least, uint64_t limit, uint64_t *at)
{
	while (limit > least && wish->size <= limit - least) {
		uint64_t here = align_down(limit - wish->size, wish->alignment);
		if (here < least)
			return false;
		const struct address_range *other = collision(placement, here, wish->size);
		if (!other) {
			*at = here;
			return true;
		}
		limit = other->start;
	}
	return false;
}

/* Looks into one entry of the map. */
static bool find_in(const struct placement *placement, const struct placement_wish *wish,
		    const struct memory_entry *entry, uint64_t *at)
{
	if (entry->kind != MEMORY_RAM || !range_is_valid(entry->start, entry->length))
		return false;
	/* An entry up to 2^64 loses its last byte: an end that is no number is not worth more. */
	uint64_t end = entry->start + (entry->length - 1);
	end = end == UINT64_MAX ? end : end + 1;
	uint64_t least = wish->least > entry->start ? wish->least : entry->start;
	uint64_t limit = wish->limit < end ? wish->limit : end;

	return wish->order == PLACE_LOWEST ? find_lowest(placement, wish, least, limit, at)
					   : find_highest(placement, wish, least, limit, at);
}

enum error placement_find(struct placement *placement, const struct placement_wish *wish,
			  uint64_t *at, uint8_t **memory, struct reason *why)
{
	const struct load_target *target = placement->target;

	for (unsigned i = 0; i < target->map.count; i++) {
		unsigned number = wish->order == PLACE_LOWEST ? i : target->map.count - 1 - i;
		if (find_in(placement, wish, &target->map.entries[number], at))
			return placement_claim(placement, wish->what, *at, wish->size, memory, why);
	}
	return reason_set(
		why, ERROR_NO_MEMORY,
		"%s: %s does not fit: 0x%llx bytes, aligned to 0x%llx, between 0x%llx and "
		"0x%llx of the VM's RAM",
		placement->loader, wish->what, (unsigned long long)wish->size,
		(unsigned long long)wish->alignment, (unsigned long long)wish->least,
		(unsigned long long)wish->limit);
}
