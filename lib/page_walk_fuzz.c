/* Page walks over arbitrary registers and memory: no access outside the memory, only aligned
 * entries, and an answer that is one of the four. */
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "lib/page_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t ram[4 * PAGE_SIZE];

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	check(is_aligned(at.value, width) && (width == 4 || width == 8));
	check(at.value < BIT(52));
	*value = 0;
	/* The same few pages everywhere, so that walks go deep; holes in between. */
	if (at.value & BIT(20))
		return false;
	memcpy(value, ram + at.value % sizeof(ram), width);
	return true;
}

static bool exchange_entry(void *context, gpa_t at, unsigned width, uint64_t expected,
			   uint64_t desired)
{
	uint64_t now;

	check(read_entry(context, at, width, &now) && (desired & ~expected) &&
	      !(expected & ~desired));
	if (now != expected)
		return false;
	memcpy(ram + at.value % sizeof(ram), &desired, width);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input {
		uint64_t cr0, cr3, cr4, efer, pdpte[4], at;
		uint8_t address_bits, cpl, flags, access;
	} input;
	const struct page_walk_memory memory = { .read = read_entry, .exchange = exchange_entry };

	if (size < sizeof(input))
		return 0;
	memcpy(&input, data, sizeof(input));
	data += sizeof(input);
	size -= sizeof(input);
	for (size_t i = 0; i < sizeof(ram); i++)
		ram[i] = size ? data[i % size] : 0;

	struct page_walk_state state = {
		.cr0 = input.cr0,
		.cr3 = input.cr3 & BITS(51, 0),
		.cr4 = input.cr4,
		.efer = input.efer,
		.address_bits = 32 + input.address_bits % 21,
		.cpl = input.cpl & 3,
		.ac = input.flags & 1,
		.implicit = input.flags & 2,
		.gigabyte_pages = input.flags & 4,
	};
	memcpy(state.pdpte, input.pdpte, sizeof(state.pdpte));

	struct page_walk got = page_walk(&state, &memory, gva(input.at), input.access % 3);

	check(got.status <= PAGE_WALK_TABLE_LOST);
	if (got.status == PAGE_WALK_FAULT)
		check(!(got.error_code & ~0x1fu));
	if (got.status == PAGE_WALK_DONE) {
		check(is_power_of_two(got.page_size) && got.page_size >= PAGE_SIZE);
		check(!((got.gpa.value ^ input.at) & (got.page_size - 1)));
		/* The same access again finds the same page. */
		struct page_walk again =
			page_walk(&state, &memory, gva(input.at), input.access % 3);
		check(again.status != PAGE_WALK_NOT_CANONICAL);
	}
	return 0;
}
