/* First fit by address over a bitmap with summaries. A set bit on level n says that the word below
 * it on level n - 1 is not zero, so that the next free page is found by at most one look up and one
 * look down per level; runs are then checked 64 pages a step. */
#include "lib/page_pool.h"

#include "lib/bits.h"
#include "lib/string.h"

#define WORD_BITS 64ull
#define NOT_FOUND UINT64_MAX

static uint64_t words_for(uint64_t bits)
{
	return (bits + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t pages_for(uint64_t end)
{
	return end / PAGE_SIZE;
}

/* The bits of word `word` that lie in [first, last], both inclusive bit numbers. */
static uint64_t word_mask(uint64_t word, uint64_t first, uint64_t last)
{
	uint64_t low = word == first / WORD_BITS ? first % WORD_BITS : 0;
	uint64_t high = word == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1;

	return BITS(high, low);
}

uint64_t page_pool_storage_size(uint64_t end)
{
	uint64_t bits = pages_for(end), words = words_for(bits); /* `owned` */

	do {
		bits = words_for(bits);
		words += bits;
	} while (bits > 1);
	return words * sizeof(uint64_t);
}

cold_fn void page_pool_init(struct page_pool *pool, uint64_t end, void *storage)
{
	uint64_t bits = pages_for(end);
	uint64_t *cursor = storage;

	memset(storage, 0, page_pool_storage_size(end));
	*pool = (struct page_pool) { .page_end = bits, .owned = cursor };
	cursor += words_for(bits);
	do {
		pool->bits[pool->levels] = bits;
		bits = words_for(bits);
		pool->free[pool->levels++] = cursor;
		cursor += bits;
	} while (bits > 1);
}

/* Sets bits [first, last] of `map`. */
static void set_bits(uint64_t *map, uint64_t first, uint64_t last)
{
	for (uint64_t word = first / WORD_BITS; word <= last / WORD_BITS; word++)
		map[word] |= word_mask(word, first, last);
}

/* The first bit at or after `first` and at or before `last` that is not `value`; NOT_FOUND when all
 * are `value`. */
static uint64_t first_unlike(const uint64_t *map, uint64_t first, uint64_t last, bool value)
{
	uint64_t flip = value ? ~0ull : 0;

	for (uint64_t word = first / WORD_BITS; word <= last / WORD_BITS; word++) {
		uint64_t unlike = (map[word] ^ flip) & word_mask(word, first, last);
		if (unlike)
			return word * WORD_BITS + (uint64_t)__builtin_ctzll(unlike);
	}
	return NOT_FOUND;
}

static void mark_free(struct page_pool *pool, uint64_t first, uint64_t count)
{
	uint64_t last = first + count - 1;

	pool->pages_free += count;
	for (unsigned level = 0; level < pool->levels; level++) {
		set_bits(pool->free[level], first, last);
		first /= WORD_BITS;
		last /= WORD_BITS;
	}
}

/* Clears the bits and, above them, those of words that became zero: inside of the range all did, at
 * its two ends perhaps. */
static void mark_used(struct page_pool *pool, uint64_t first, uint64_t count)
{
	uint64_t last = first + count - 1;

	pool->pages_free -= count;
	for (unsigned level = 0; level < pool->levels; level++) {
		uint64_t *map = pool->free[level];
		uint64_t first_word = first / WORD_BITS, last_word = last / WORD_BITS;

		for (uint64_t word = first_word; word <= last_word; word++)
			map[word] &= ~word_mask(word, first, last);
		first = first_word + (map[first_word] != 0);
		last = last_word;
		if (map[last_word]) {
			if (last_word == 0)
				return;
			last = last_word - 1;
		}
		if (first > last)
			return;
	}
}

/* The first free page at or after `page`, or NOT_FOUND. */
static uint64_t next_free(const struct page_pool *pool, uint64_t page)
{
	uint64_t bit = page;
	unsigned level = 0;

	if (page >= pool->page_end)
		return NOT_FOUND;
	/* Up, until a word has a bit at or after the place ... */
	for (;;) {
		uint64_t word = pool->free[level][bit / WORD_BITS] & (~0ull << (bit % WORD_BITS));
		if (word) {
			bit = align_down(bit, WORD_BITS) + (uint64_t)__builtin_ctzll(word);
			break;
		}
		bit = bit / WORD_BITS + 1;
		if (++level == pool->levels || bit >= pool->bits[level])
			return NOT_FOUND;
	}
	/* ... and down to the first page below that bit. */
	while (level--)
		bit = bit * WORD_BITS + (uint64_t)__builtin_ctzll(pool->free[level][bit]);
	return bit;
}

/* The lowest run of `count` free pages at a multiple of `align` pages in [first, end). */
static uint64_t find_run(const struct page_pool *pool, uint64_t first, uint64_t end, uint64_t count,
			 uint64_t align)
{
	uint64_t page = first;

	for (;;) {
		page = next_free(pool, page);
		if (page == NOT_FOUND)
			return NOT_FOUND;
		page = align_up(page, align);
		if (page >= end || count > end - page)
			return NOT_FOUND;
		uint64_t used = first_unlike(pool->free[0], page, page + count - 1, true);
		if (used == NOT_FOUND)
			return page;
		page = used;
	}
}

/* The checks that giving and taking of a range have in common. */
static enum error check_range(const struct page_pool *pool, hpa_t start, uint64_t count,
			      struct reason *why)
{
	uint64_t first = start.value / PAGE_SIZE;

	if (start.value % PAGE_SIZE || !count)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "page pool: 0x%llx with %llu pages is not a range of pages",
				  (unsigned long long)start.value, (unsigned long long)count);
	if (first >= pool->page_end || count > pool->page_end - first)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "page pool: %llu pages at 0x%llx leave the pool's %llu",
				  (unsigned long long)count, (unsigned long long)start.value,
				  (unsigned long long)pool->page_end);
	return ERROR_NONE;
}

cold_fn enum error page_pool_add(struct page_pool *pool, hpa_t start, uint64_t length,
				 struct reason *why)
{
	uint64_t first = start.value / PAGE_SIZE, count = length / PAGE_SIZE;
	enum error error = check_range(pool, start, length % PAGE_SIZE ? 0 : count, why);

	if (error)
		return error;
	uint64_t known = first_unlike(pool->owned, first, first + count - 1, false);
	if (known != NOT_FOUND)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "page pool: page 0x%llx is added a second time",
				  (unsigned long long)(known * PAGE_SIZE));
	set_bits(pool->owned, first, first + count - 1);
	pool->pages_owned += count;
	mark_free(pool, first, count);
	return ERROR_NONE;
}

enum error page_pool_alloc(struct page_pool *pool, uint64_t count, uint64_t align, uint64_t limit,
			   hpa_t *at, struct reason *why)
{
	const uint64_t low_end = PAGE_POOL_LOW_END / PAGE_SIZE;
	uint64_t end = limit / PAGE_SIZE < pool->page_end ? limit / PAGE_SIZE : pool->page_end;

	if (!count || !is_power_of_two(align) || align < PAGE_SIZE)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "page pool: %llu pages aligned to 0x%llx make no allocation",
				  (unsigned long long)count, (unsigned long long)align);

	uint64_t page = find_run(pool, low_end, end, count, align / PAGE_SIZE);
	if (page == NOT_FOUND)
		page = find_run(pool, 0, end, count, align / PAGE_SIZE);
	if (page == NOT_FOUND)
		return reason_set(why, ERROR_NO_MEMORY,
				  "page pool: no %llu contiguous pages aligned to 0x%llx below "
				  "0x%llx; %llu pages are free",
				  (unsigned long long)count, (unsigned long long)align,
				  (unsigned long long)limit, (unsigned long long)pool->pages_free);
	mark_used(pool, page, count);
	*at = hpa(page * PAGE_SIZE);
	return ERROR_NONE;
}

cold_fn enum error page_pool_take(struct page_pool *pool, hpa_t start, uint64_t count,
				  struct reason *why)
{
	uint64_t first = start.value / PAGE_SIZE;
	enum error error = check_range(pool, start, count, why);

	if (error)
		return error;
	uint64_t used = first_unlike(pool->free[0], first, first + count - 1, true);
	if (used != NOT_FOUND)
		return reason_set(why, ERROR_BAD_STATE, "page pool: page 0x%llx is not free",
				  (unsigned long long)(used * PAGE_SIZE));
	mark_used(pool, first, count);
	return ERROR_NONE;
}

enum error page_pool_free(struct page_pool *pool, hpa_t start, uint64_t count, struct reason *why)
{
	uint64_t first = start.value / PAGE_SIZE;
	enum error error = check_range(pool, start, count, why);

	if (error)
		return error;
	uint64_t foreign = first_unlike(pool->owned, first, first + count - 1, true);
	if (foreign != NOT_FOUND)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "page pool: page 0x%llx is not the pool's",
				  (unsigned long long)(foreign * PAGE_SIZE));
	uint64_t twice = first_unlike(pool->free[0], first, first + count - 1, false);
	if (twice != NOT_FOUND)
		return reason_set(why, ERROR_BAD_STATE, "page pool: page 0x%llx is free already",
				  (unsigned long long)(twice * PAGE_SIZE));
	mark_free(pool, first, count);
	return ERROR_NONE;
}

bool page_pool_owns(const struct page_pool *pool, hpa_t address)
{
	uint64_t page = address.value / PAGE_SIZE;

	return page < pool->page_end && pool->owned[page / WORD_BITS] & BIT(page % WORD_BITS);
}
