/* The I/O bitmaps of a VMCS. */
#include "vmx/vcpu/io_bitmap.h"

#include "lib/string.h"

#define PORTS_PER_BITMAP (IO_PORTS / 2)
_Static_assert(PORTS_PER_BITMAP == PAGE_SIZE * 8, "a bit for each of half the ports");

void io_bitmap_fill(uint8_t a[PAGE_SIZE], uint8_t b[PAGE_SIZE], const struct io_policy *policy)
{
	memset(a, 0xff, PAGE_SIZE);
	memset(b, 0xff, PAGE_SIZE);
	for (unsigned i = 0; i < policy->count; i++)
		for (uint32_t port = policy->open[i].first; port <= policy->open[i].last; port++) {
			uint8_t *bitmap = port < PORTS_PER_BITMAP ? a : b;
			uint32_t bit = port % PORTS_PER_BITMAP;

			bitmap[bit / 8] &= ~(1u << bit % 8);
		}
}

bool io_bitmap_exits(const uint8_t a[PAGE_SIZE], const uint8_t b[PAGE_SIZE], uint16_t port,
		     unsigned width)
{
	for (unsigned i = 0; i < width; i++) {
		uint32_t at = port + i, bit = at % PORTS_PER_BITMAP;

		if (at >= IO_PORTS || ((at < PORTS_PER_BITMAP ? a : b)[bit / 8] & 1u << bit % 8))
			return true;
	}
	return false;
}
