/* Mapping, unmapping and looking up in four-level page tables. */
#include "x86/page_table.h"

#include "lib/bits.h"

#define LEVELS 4

/* Rights of an entry that points to a table: the leaf decides. */
#define TABLE_BITS (PAGE_PRESENT | PAGE_WRITABLE)

/* The bytes that one entry of `level` spans: level 1 is a page table's. */
static uint64_t span(unsigned level)
{
	return PAGE_SIZE << (PAGE_TABLE_BITS * (level - 1));
}

static unsigned index_of(uint64_t virtual, unsigned level)
{
	return virtual >> (PAGE_SHIFT + PAGE_TABLE_BITS * (level - 1)) & (PAGE_TABLE_ENTRIES - 1);
}

static bool is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 || (entry & PAGE_LARGE);
}

/* The entry for `virtual` at `want`, making tables on the way; null when they run out. A leaf met
 * above `want` is returned instead, `*level` saying so. */
static uint64_t *descend(const struct page_table *table, uint64_t virtual, unsigned want,
			 unsigned *level)
{
	uint64_t *entries = table->reach(table->context, table->root);

	for (*level = LEVELS;; (*level)--) {
		uint64_t *entry = &entries[index_of(virtual, *level)];
		if (*level == want || ((*entry & PAGE_PRESENT) && is_leaf(*entry, *level)))
			return entry;
		if (!(*entry & PAGE_PRESENT)) {
			hpa_t address;
			entries = table->allocate(table->context, &address);
			if (!entries)
				return NULL;
			*entry = address.value | TABLE_BITS;
		} else {
			entries = table->reach(table->context, hpa(*entry & PAGE_ADDRESS));
		}
	}
}

static unsigned best_level(const struct page_table *table, uint64_t virtual, uint64_t physical,
			   uint64_t length)
{
	unsigned level = 3;

	while (level > 1 && (span(level) > table->largest || span(level) > length ||
			     !is_aligned(virtual | physical, span(level))))
		level--;
	return level;
}

/* How many entries, from that of `virtual` to the end of its table, a mapping fills alike. A larger
 * page can only begin with the next table. */
static uint64_t run_length(uint64_t virtual, unsigned level, uint64_t length)
{
	uint64_t left = PAGE_TABLE_ENTRIES - index_of(virtual, level),
		 wanted = length / span(level);

	return wanted < left ? wanted : left;
}

enum error page_table_map(const struct page_table *table, uint64_t virtual, hpa_t physical,
			  uint64_t length, uint64_t bits)
{
	uint64_t at = physical.value;

	if (!is_aligned(virtual | at | length, PAGE_SIZE) || !range_is_valid(virtual, length) ||
	    !range_is_valid(at, length))
		return ERROR_INVALID_INPUT;

	while (length) {
		unsigned want = bits & PAGE_PAT_4K ? 1 : best_level(table, virtual, at, length);
		unsigned level;
		uint64_t *entry = descend(table, virtual, want, &level);
		if (!entry)
			return ERROR_NO_MEMORY;
		if (level != want)
			return ERROR_RESOURCE_BUSY;
		uint64_t leaf = bits | PAGE_PRESENT | (level > 1 ? PAGE_LARGE : 0);
		uint64_t size = span(level), run = run_length(virtual, level, length);
		for (const uint64_t *end = entry + run; entry < end; entry++) {
			if (*entry & PAGE_PRESENT)
				return ERROR_RESOURCE_BUSY;
			*entry = at | leaf;
			at += size;
		}
		virtual += run * size;
		length -= run * size;
	}
	return ERROR_NONE;
}

/* The deepest entry for `virtual`, present or not. */
static uint64_t *find(const struct page_table *table, uint64_t virtual, unsigned *level)
{
	uint64_t *entries = table->reach(table->context, table->root);

	for (*level = LEVELS;; (*level)--) {
		uint64_t *entry = &entries[index_of(virtual, *level)];
		if (!(*entry & PAGE_PRESENT) || is_leaf(*entry, *level))
			return entry;
		entries = table->reach(table->context, hpa(*entry & PAGE_ADDRESS));
	}
}

enum error page_table_unmap(const struct page_table *table, uint64_t virtual, uint64_t length)
{
	if (!is_aligned(virtual | length, PAGE_SIZE) || !range_is_valid(virtual, length))
		return ERROR_INVALID_INPUT;

	for (; length; virtual += PAGE_SIZE, length -= PAGE_SIZE) {
		unsigned level;
		uint64_t *entry = find(table, virtual, &level);
		if (level != 1 || !(*entry & PAGE_PRESENT))
			return ERROR_INVALID_INPUT;
		*entry = 0;
	}
	return ERROR_NONE;
}

uint64_t page_table_query(const struct page_table *table, uint64_t virtual, uint64_t *page)
{
	unsigned level;
	uint64_t entry = *find(table, virtual, &level);

	if (!(entry & PAGE_PRESENT))
		return 0;
	*page = span(level);
	return entry;
}
