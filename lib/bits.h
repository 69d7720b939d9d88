/* Bit arithmetic that says what it means. All functions are pure. */
#ifndef LIB_BITS_H
#define LIB_BITS_H

#include "lib/types.h"

#define BIT(n) (1ull << (n))

/* Bits `low` to `high` inclusive, 0 <= low <= high <= 63. */
#define BITS(high, low) ((~0ull >> (63 - (high))) & (~0ull << (low)))

/* The field `mask` (contiguous) of `value`, moved down to bit 0. */
static inline uint64_t field_get(uint64_t value, uint64_t mask)
{
	return (value & mask) >> __builtin_ctzll(mask);
}

/* `field` moved up to the place of `mask`; bits that do not fit are cut. */
static inline uint64_t field_put(uint64_t mask, uint64_t field)
{
	return (field << __builtin_ctzll(mask)) & mask;
}

static inline bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* `align` is a power of two. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

/* `align` is a power of two; wraps to 0 past the last multiple of 64 bits. */
static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + align - 1) & ~(align - 1);
}

static inline bool is_aligned(uint64_t value, uint64_t align)
{
	return !(value & (align - 1));
}

/* True when [start, start + length) neither is empty nor wraps around 64 bits. */
static inline bool range_is_valid(uint64_t start, uint64_t length)
{
	return length && start + (length - 1) >= start;
}

/* True when the half-open ranges share a byte. Both must be valid ranges. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
	return a <= b + (b_length - 1) && b <= a + (a_length - 1);
}

#endif
