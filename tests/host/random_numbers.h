/* Numbers that look random, and are the same in each run: those of SplitMix64. */
#ifndef TESTS_HOST_RANDOM_NUMBERS_H
#define TESTS_HOST_RANDOM_NUMBERS_H

#include "lib/types.h"

static uint64_t seed; /* any */

static inline uint64_t random_bits(void)
{
	uint64_t bits = seed += 0x9e3779b97f4a7c15;

	bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
	bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
	return bits ^ bits >> 31;
}

static inline unsigned random_below(unsigned limit)
{
	return (unsigned)(random_bits() % limit);
}

#endif
