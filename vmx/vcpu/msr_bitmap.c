/* The MSR bitmap of a VMCS. */
#include "vmx/vcpu/msr_bitmap.h"

#include "lib/string.h"
#include "vm/policy/msr_policy.h"

enum {
	COVERED = 0x2000, /* MSRs in each of the four parts */
	HIGH_FIRST = 0xc0000000,
	HIGH_OFFSET = 0x400,
	WRITE_OFFSET = 0x800,
};

/* The byte and bit of an MSR's read; false when the bitmap does not cover it. */
static bool locate(uint32_t index, uint32_t *byte, uint8_t *bit)
{
	uint32_t low = index & (COVERED - 1);

	if (index - low != 0 && index - low != (uint32_t)HIGH_FIRST)
		return false;
	*byte = low / 8 + (index >= (uint32_t)HIGH_FIRST ? HIGH_OFFSET : 0);
	*bit = 1u << low % 8;
	return true;
}

void msr_bitmap_fill(uint8_t bitmap[PAGE_SIZE])
{
	const struct msr_range *range;

	memset(bitmap, 0xff, PAGE_SIZE);
	for (unsigned n = 0; (range = msr_policy_range(n)); n++)
		for (uint32_t index = range->first; index <= range->last; index++) {
			uint32_t byte;
			uint8_t bit;

			if (!locate(index, &byte, &bit))
				continue;
			if (range->read == MSR_PASS)
				bitmap[byte] &= ~bit;
			if (range->write == MSR_PASS)
				bitmap[byte + WRITE_OFFSET] &= ~bit;
		}
}

bool msr_bitmap_exits(const uint8_t bitmap[PAGE_SIZE], uint32_t index, bool write)
{
	uint32_t byte;
	uint8_t bit;

	return !locate(index, &byte, &bit) || bitmap[byte + (write ? WRITE_OFFSET : 0)] & bit;
}
