/* The division, bit by bit: 64 of the quotient. */
#include "lib/ratio.h"

#define MULTIPLIER_BITS 64

struct ratio ratio_of(uint64_t numerator, uint64_t denominator)
{
	struct ratio ratio = { 0 };

	while (numerator >= denominator << ratio.shift)
		ratio.shift++;
	for (unsigned i = 0; i < MULTIPLIER_BITS; i++) {
		bool bit;

		numerator <<= 1;
		bit = numerator >= denominator << ratio.shift;
		ratio.multiplier = ratio.multiplier << 1 | bit;
		numerator -= bit ? denominator << ratio.shift : 0;
	}
	/* All ones are as good as what is greater by 2^-64. */
	if (numerator && ratio.multiplier < UINT64_MAX)
		ratio.multiplier++;
	return ratio;
}
