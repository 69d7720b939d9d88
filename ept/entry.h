/* Entries of extended page tables, as the files of ept/ that write them see them: SDM volume 3, "EPT
 * Translation Mechanism". */
#ifndef EPT_ENTRY_H
#define EPT_ENTRY_H

#include "ept/ept.h"
#include "lib/bits.h"

enum {
	LEVELS = 4,
	ENTRIES = 512,
	INDEX_BITS = 9,
	GUEST_ADDRESS_BITS = 48,
	LEAF_LEVEL_MAX = 3, /* 1 GiB */
	TYPE_SHIFT = 3,
};

#define ENTRY_RIGHTS   BITS(2, 0)
#define ENTRY_TYPE     BITS(5, 3)
#define ENTRY_LARGE    BIT(7)
#define ENTRY_ACCESSED BIT(8)
#define ENTRY_DIRTY    BIT(9)
#define ENTRY_ADDRESS  BITS(51, 12)

static inline uint64_t span(unsigned level)
{
	return PAGE_SIZE << (INDEX_BITS * (level - 1));
}

static inline unsigned index_of(uint64_t at, unsigned level)
{
	return at / span(level) % ENTRIES;
}

static inline bool is_present(uint64_t entry)
{
	return entry & ENTRY_RIGHTS;
}

static inline bool is_leaf(uint64_t entry, unsigned level)
{
	return level == 1 || (level <= LEAF_LEVEL_MAX && (entry & ENTRY_LARGE));
}

/* A CPU may be walking: an entry changes in one piece, after what it points to. */
static inline void store(uint64_t *entry, uint64_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static inline uint64_t *child(const struct ept *ept, uint64_t entry)
{
	return ept->pages.pointer(ept->pages.context, hpa(entry & ENTRY_ADDRESS));
}

static inline uint64_t address_of(const struct ept *ept, const uint64_t *table)
{
	return ept->pages.address(ept->pages.context, table).value;
}

static inline uint64_t *ept_table_make(struct ept *ept)
{
	uint64_t *table = ept->pages.allocate(ept->pages.context);

	if (table)
		ept->tables++;
	return table;
}

static inline bool rights_are_valid(const struct ept_format *format, unsigned rights)
{
	if (!rights || (rights & ~ENTRY_RIGHTS))
		return false;
	return rights & EPT_READ || (rights == EPT_EXECUTE && format->execute_only);
}

static inline bool type_is_valid(uint64_t type)
{
	return type <= EPT_WRITE_COMBINING || (type >= EPT_WRITE_THROUGH && type <= EPT_WRITE_BACK);
}

static inline enum error out_of_tables(struct reason *why, uint64_t at)
{
	return reason_set(why, ERROR_NO_MEMORY,
			  "no page left for an EPT table at guest-physical 0x%llx",
			  (unsigned long long)at);
}

#endif
