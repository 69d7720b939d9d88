/* The host's own four-level page tables (SDM volume 3, "4-Level Paging and 5-Level Paging"), as a
 * format: pure, told by its caller where table pages come from and how to reach them. */
#ifndef X86_PAGE_TABLE_H
#define X86_PAGE_TABLE_H

#include "lib/error.h"
#include "lib/types.h"

#define PAGE_PRESENT       (1ull << 0)
#define PAGE_WRITABLE      (1ull << 1)
#define PAGE_USER          (1ull << 2) /* never in the host's own */
#define PAGE_WRITE_THROUGH (1ull << 3)
#define PAGE_CACHE_DISABLE (1ull << 4)
#define PAGE_LARGE         (1ull << 7)
#define PAGE_NO_EXECUTE    (1ull << 63)
/* Of a 4 KiB entry; a large page has its PAT bit elsewhere and cannot be asked for with this. */
#define PAGE_PAT_4K        (1ull << 7)
#define PAGE_ADDRESS       0x000ffffffffff000ull

/* Entries of a table, and the bits of an address that choose one. */
#define PAGE_TABLE_ENTRIES 512
#define PAGE_TABLE_BITS    9
_Static_assert(PAGE_TABLE_ENTRIES == 1 << PAGE_TABLE_BITS, "a bit pattern each");
_Static_assert(PAGE_TABLE_ENTRIES * sizeof(uint64_t) == PAGE_SIZE, "a page each");

struct page_table {
	hpa_t root;
	uint64_t largest; /* bytes: 4 KiB, 2 MiB or 1 GiB */
	/* A zeroed page for a table, its physical address in `address`; null when there is none. */
	uint64_t *(*allocate)(void *context, hpa_t *address);
	/* The table at a physical address. */
	uint64_t *(*reach)(void *context, hpa_t address);
	void *context;
};

/* Maps [virtual, virtual + length) to [physical, ...) with the given entry bits (PAGE_PRESENT is
 * implied), in the largest pages that fit. All three are multiples of 4 KiB. InvalidInput when
 * they are not or the range wraps, ResourceBusy when part of it is mapped already (what came
 * before that part stays mapped), NoMemory when tables run out. */
enum error page_table_map(const struct page_table *table, uint64_t virtual, hpa_t physical,
			  uint64_t length, uint64_t bits) must_check;

/* Removes 4 KiB mappings; InvalidInput when a page in the range is not mapped by a 4 KiB entry. */
enum error page_table_unmap(const struct page_table *table, uint64_t virtual,
			    uint64_t length) must_check;

/* The entry that maps `virtual`, 0 if none; `page` receives the size of its page in bytes. */
uint64_t page_table_query(const struct page_table *table, uint64_t virtual, uint64_t *page);

#endif
