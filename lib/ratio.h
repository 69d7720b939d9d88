/* A number times a constant fraction, as a clock's ticks are turned into nanoseconds: the division is
 * made once, and from then on one multiplication does. Pure. */
#ifndef LIB_RATIO_H
#define LIB_RATIO_H

#include "lib/types.h"

/* The fraction is multiplier / 2^64 * 2^shift, rounded up. */
struct ratio {
	uint64_t multiplier;
	uint32_t shift; /* 0, unless the fraction is 1 or more */
};

/* 0 < numerator < 2^62, 0 < denominator < 2^62. */
struct ratio ratio_of(uint64_t numerator, uint64_t denominator);

/* value * numerator / denominator: never less than this rounded down, below 2^63 at most one more, and
 * it does not go back as `value` grows. Twice the result has to fit. */
static inline uint64_t ratio_apply(const struct ratio *ratio, uint64_t value)
{
	return (uint64_t)((__uint128_t)(value << ratio->shift) * ratio->multiplier >> 64);
}

#endif
