/* A set of addresses as sorted, disjoint ranges in a table of fixed size: who claimed what. Pure;
 * the owner serialises. */
#ifndef LIB_RANGE_SET_H
#define LIB_RANGE_SET_H

#include "lib/types.h"

struct address_range {
	uint64_t start, length;
};

struct range_set {
	struct address_range *ranges; /* the caller's memory */
	unsigned count, capacity;
};

/* True when the set has a byte of [start, start + length), a valid range. */
bool range_set_overlaps(const struct range_set *set, uint64_t start, uint64_t length);

/* Adds a valid range; what touches or overlaps becomes one. False, and nothing changed, when the
 * table is full. */
bool range_set_add(struct range_set *set, uint64_t start, uint64_t length) must_check;

#endif
