/* Sorted, disjoint ranges. Ends are inclusive here, so that the last byte of 64 bits fits. */
#include "lib/range_set.h"

#include "lib/bits.h"
#include "lib/string.h"

static uint64_t last_of(const struct address_range *range)
{
	return range->start + (range->length - 1);
}

/* The first range that ends at or after `at`; `count` if none does. */
static unsigned find(const struct range_set *set, uint64_t at)
{
	unsigned low = 0, high = set->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (last_of(&set->ranges[middle]) < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool range_set_overlaps(const struct range_set *set, uint64_t start, uint64_t length)
{
	unsigned i = find(set, start);

	return i < set->count &&
	       ranges_overlap(set->ranges[i].start, set->ranges[i].length, start, length);
}

bool range_set_add(struct range_set *set, uint64_t start, uint64_t length)
{
	uint64_t last = start + (length - 1);
	/* All that overlaps or touches: from `first` up to, not including, `end`. */
	unsigned first = find(set, start ? start - 1 : 0), end = first;

	while (end < set->count && (last == ~0ull || set->ranges[end].start <= last + 1)) {
		if (set->ranges[end].start < start)
			start = set->ranges[end].start;
		if (last_of(&set->ranges[end]) > last)
			last = last_of(&set->ranges[end]);
		end++;
	}
	if (first == end && set->count == set->capacity)
		return false;
	memmove(&set->ranges[first + 1], &set->ranges[end],
		(set->count - end) * sizeof(set->ranges[0]));
	set->ranges[first] = (struct address_range) { start, last - start + 1 };
	set->count = set->count - (end - first) + 1;
	return true;
}
