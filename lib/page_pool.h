/* A pool of physical pages: which are free, and which belong to the pool at all. A bit a page says
 * "free", with summary levels above it so that the next free page is found in a few steps however
 * large the machine; a second bit a page says "the pool's", so that a page given back twice or never
 * given out is told apart. The pool touches only the storage that its caller hands in (about
 * 2 bits a page: 64 MiB for 1 TiB), never the pages themselves. Pure; the caller serialises. */
#ifndef LIB_PAGE_POOL_H
#define LIB_PAGE_POOL_H

#include "lib/error.h"
#include "lib/types.h"

/* Enough summary levels of 64 for 2^40 pages, the largest physical address space. */
#define PAGE_POOL_LEVELS 7

/* Memory below is given out last, or when asked for by a limit: firmware and the start-up of other
 * CPUs need it. */
#define PAGE_POOL_LOW_END MIB(1)

/* No upper limit for an allocation. */
#define PAGE_POOL_NO_LIMIT UINT64_MAX

struct page_pool {
	uint64_t page_end;                /* pages [0, page_end) can be in the pool */
	unsigned levels;                  /* of `free` in use */
	uint64_t bits[PAGE_POOL_LEVELS];  /* of each level; [0] is page_end */
	uint64_t *free[PAGE_POOL_LEVELS]; /* [0]: a bit a page; [n]: a bit a word of [n - 1] */
	uint64_t *owned;                  /* a bit a page */
	uint64_t pages_owned, pages_free;
};

/* Bytes of 8-byte aligned storage for a pool of the physical addresses [0, end). */
uint64_t page_pool_storage_size(uint64_t end);

/* An empty pool for [0, end); `storage` has page_pool_storage_size(end) bytes and need not be
 * cleared. */
void page_pool_init(struct page_pool *pool, uint64_t end, void *storage);

/* Adds free pages [start, start + length), both multiples of 4096, length not 0. InvalidInput when
 * they are unaligned, outside of the pool or partly in it already; then nothing is added. */
enum error page_pool_add(struct page_pool *pool, hpa_t start, uint64_t length,
			 struct reason *why) must_check;

/* `count` contiguous pages aligned to `align` bytes (a power of two >= 4096) that end at or below
 * address `limit`: the lowest that fit, above 1 MiB if possible. InvalidInput for a count of 0 or a
 * bad alignment; NoMemory when there are none. */
enum error page_pool_alloc(struct page_pool *pool, uint64_t count, uint64_t align, uint64_t limit,
			   hpa_t *at, struct reason *why) must_check;

/* Takes exactly the pages [start, start + count * 4096) out, if all are free; BadState if not. */
enum error page_pool_take(struct page_pool *pool, hpa_t start, uint64_t count,
			  struct reason *why) must_check;

/* Gives pages back. InvalidInput for pages that are not the pool's, BadState for pages that are
 * free already; then nothing changes. Any part of an allocation may be given back. */
enum error page_pool_free(struct page_pool *pool, hpa_t start, uint64_t count,
			  struct reason *why) must_check;

static inline uint64_t page_pool_in_use(const struct page_pool *pool)
{
	return pool->pages_owned - pool->pages_free;
}

static inline uint64_t page_pool_available(const struct page_pool *pool)
{
	return pool->pages_free;
}

/* True when the page that holds `address` was added to the pool, free or not. */
bool page_pool_owns(const struct page_pool *pool, hpa_t address);

#endif
