/* Extended page tables of four levels. A change has two phases: first every table that it needs is
 * made, and larger pages are split, which changes no translation; only then entries are written,
 * which cannot fail. So an error leaves the guest's memory as it was. */
#include "ept/ept.h"

#include "ept/entry.h"
#include "lib/assert.h"
#include "lib/bits.h"

#define POINTER_WALK_LENGTH ((uint64_t)(LEVELS - 1) << 3)
#define POINTER_FLAGS       BIT(6)
#define STEP                8 /* entries of a cache line */

/* Most tables of a small VM are empty but for an entry or two: they are looked through in steps. */
static bool is_empty(const uint64_t *e)
{
	return !(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]);
}

/* Sets a table that nothing points to any more aside, with all below it. The chain runs through
 * entry 0: an aligned address has no right set, so a CPU that still walks here finds nothing. */
static void retire(struct ept *ept, uint64_t *table, unsigned level)
{
	for (unsigned i = 0; level > 1 && i < ENTRIES; i++) {
		if (i % STEP == 0 && is_empty(&table[i]))
			i += STEP - 1;
		else if (is_present(table[i]) && !is_leaf(table[i], level))
			retire(ept, child(ept, table[i]), level - 1);
	}
	store(&table[0], ept->retired ? address_of(ept, ept->retired) : 0);
	ept->retired = table;
	ept->stale = true;
}

void ept_flushed(struct ept *ept)
{
	while (ept->retired) {
		uint64_t *table = ept->retired;

		ept->retired = table[0] ? child(ept, table[0]) : NULL;
		ept->pages.release(ept->pages.context, table);
		ept->tables--;
	}
	ept->stale = false;
}

/* Replaces a large page, or nothing, by a table that says the same. */
static bool entry_to_table(struct ept *ept, uint64_t *entry, unsigned level)
{
	uint64_t old = *entry;
	uint64_t *table = ept_table_make(ept);

	if (!table)
		return false;
	if (is_present(old)) {
		uint64_t part = level - 1 == 1 ? old & ~ENTRY_LARGE : old;

		for (unsigned i = 0; i < ENTRIES; i++)
			table[i] = part + i * span(level - 1);
		/* Two sizes of one page must not meet in a TLB: some CPUs machine-check. */
		ept->stale = true;
	}
	store(entry, address_of(ept, table) | ENTRY_RIGHTS);
	return true;
}

/* The entry of `at` at `level`, made reachable; null when memory is used up. */
static uint64_t *entry_reach(struct ept *ept, uint64_t at, unsigned level)
{
	uint64_t *table = ept->root;

	for (unsigned l = LEVELS; l > level; l--) {
		uint64_t *entry = &table[index_of(at, l)];

		if ((!is_present(*entry) || is_leaf(*entry, l)) && !entry_to_table(ept, entry, l))
			return NULL;
		table = child(ept, *entry);
	}
	return &table[index_of(at, level)];
}

/* Sees to it that no page has `at` strictly inside. */
static cold_fn bool split_at(struct ept *ept, uint64_t at)
{
	uint64_t *table = ept->root;

	for (unsigned l = LEVELS; l > 1; l--) {
		uint64_t *entry = &table[index_of(at, l)];

		if (!is_present(*entry) || is_aligned(at, span(l)))
			return true;
		if (is_leaf(*entry, l) && !entry_to_table(ept, entry, l))
			return false;
		table = child(ept, *entry);
	}
	return true;
}

/* Takes out the tables below `table` that hold nothing and lie in [start, end). */
static cold_fn void prune(struct ept *ept, uint64_t *table, unsigned level, uint64_t base,
			  uint64_t start, uint64_t end)
{
	for (unsigned i = 0; i < ENTRIES; i++) {
		uint64_t from = base + i * span(level);
		bool empty = true;

		if (from >= end || from + span(level) <= start || !is_present(table[i]) ||
		    is_leaf(table[i], level))
			continue;

		uint64_t *below = child(ept, table[i]);

		if (level > 2)
			prune(ept, below, level - 1, from, start, end);
		for (unsigned k = 0; k < ENTRIES; k++)
			empty = empty && !below[k];
		if (empty) {
			store(&table[i], 0);
			retire(ept, below, level - 1);
		}
	}
}

static enum error check_range(uint64_t at, uint64_t length, struct reason *why)
{
	if (!is_aligned(at | length, PAGE_SIZE) || !range_is_valid(at, length) ||
	    at + (length - 1) > BITS(GUEST_ADDRESS_BITS - 1, 0))
		return reason_set(
			why, ERROR_INVALID_INPUT,
			"guest-physical range 0x%llx+0x%llx is not whole pages below 2^48",
			(unsigned long long)at, (unsigned long long)length);
	return ERROR_NONE;
}

static enum error check_rights(const struct ept *ept, unsigned rights, struct reason *why)
{
	if (!rights_are_valid(&ept->format, rights))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "rights 0x%x are none that this CPU's EPT can express", rights);
	return ERROR_NONE;
}

/* The level of the largest page that can start at `at`. */
static unsigned leaf_level(const struct ept *ept, uint64_t at, uint64_t to, uint64_t length)
{
	unsigned level = LEAF_LEVEL_MAX;

	while (level > 1 && (span(level) > ept->format.largest_page ||
			     !is_aligned(at | to, span(level)) || length < span(level)))
		level--;
	return level;
}

/* Writes a leaf in place of whatever is there. */
static void put_leaf(struct ept *ept, uint64_t *entry, unsigned level, uint64_t leaf)
{
	uint64_t old = *entry;

	if (is_present(old) && !is_leaf(old, level)) {
		store(entry, leaf);
		retire(ept, child(ept, old), level - 1);
		return;
	}
	if (is_present(old)) {
		uint64_t flags = old & (ENTRY_ACCESSED | ENTRY_DIRTY);

		if (((old & ~flags) ^ leaf) & ~ENTRY_RIGHTS || old & ~leaf & ENTRY_RIGHTS)
			ept->stale = true;
		else
			leaf |= flags;
	}
	store(entry, leaf);
}

enum error ept_map(struct ept *ept, gpa_t at, hpa_t to, uint64_t length, unsigned rights,
		   enum ept_memory_type type, struct reason *why)
{
	enum error error = check_range(at.value, length, why);
	uint64_t step;

	if (!error)
		error = check_rights(ept, rights, why);
	if (error)
		return error;
	if (!is_aligned(to.value, PAGE_SIZE) || !range_is_valid(to.value, length) ||
	    to.value + (length - 1) > BITS(ept->format.address_bits - 1, 0) || !type_is_valid(type))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "cannot map host-physical 0x%llx+0x%llx as memory type %u",
				  (unsigned long long)to.value, (unsigned long long)length, type);

	for (uint64_t done = 0; done < length; done += step) {
		unsigned level = leaf_level(ept, at.value + done, to.value + done, length - done);

		step = span(level);
		if (!entry_reach(ept, at.value + done, level)) {
			prune(ept, ept->root, LEVELS, 0, at.value, at.value + length);
			return out_of_tables(why, at.value + done);
		}
	}
	for (uint64_t done = 0; done < length; done += step) {
		unsigned level = leaf_level(ept, at.value + done, to.value + done, length - done);
		uint64_t *entry = entry_reach(ept, at.value + done, level);

		assert(entry); /* the loop before made all tables */
		step = span(level);
		put_leaf(ept, entry, level,
			 (to.value + done) | (uint64_t)type << TYPE_SHIFT | rights |
				 (level > 1 ? ENTRY_LARGE : 0));
	}
	return ERROR_NONE;
}

/* Gives every page in [start, end) these rights; 0 unmaps. No page crosses the range's ends. */
static cold_fn void apply_rights(struct ept *ept, uint64_t *table, unsigned level, uint64_t base,
				 uint64_t start, uint64_t end, unsigned rights)
{
	unsigned first = start > base ? index_of(start, level) : 0;

	for (unsigned i = first; i < ENTRIES; i++) {
		uint64_t from = base + i * span(level);
		uint64_t old = table[i];

		if (from >= end)
			break;
		if (!is_present(old))
			continue;
		if (is_leaf(old, level)) {
			if (old & ENTRY_RIGHTS & ~rights)
				ept->stale = true;
			store(&table[i], rights ? (old & ~ENTRY_RIGHTS) | rights : 0);
		} else if (!rights && from >= start && from + span(level) <= end) {
			store(&table[i], 0);
			retire(ept, child(ept, old), level - 1);
		} else {
			apply_rights(ept, child(ept, old), level - 1, from, start, end, rights);
		}
	}
}

static cold_fn enum error change_rights(struct ept *ept, uint64_t at, uint64_t length,
					unsigned rights, struct reason *why)
{
	uint64_t end = at + length;

	if (!split_at(ept, at))
		return out_of_tables(why, at);
	if (end <= BITS(GUEST_ADDRESS_BITS - 1, 0) && !split_at(ept, end))
		return out_of_tables(why, end);
	apply_rights(ept, ept->root, LEVELS, 0, at, end, rights);
	return ERROR_NONE;
}

cold_fn enum error ept_unmap(struct ept *ept, gpa_t at, uint64_t length, struct reason *why)
{
	enum error error = check_range(at.value, length, why);

	return error ? error : change_rights(ept, at.value, length, 0, why);
}

cold_fn enum error ept_protect(struct ept *ept, gpa_t at, uint64_t length, unsigned rights,
			       struct reason *why)
{
	enum error error = check_range(at.value, length, why);

	if (!error)
		error = check_rights(ept, rights, why);
	return error ? error : change_rights(ept, at.value, length, rights, why);
}

cold_fn enum error ept_set_raw(struct ept *ept, gpa_t at, uint64_t entry, struct reason *why)
{
	uint64_t page = align_down(at.value, PAGE_SIZE);
	enum error error = check_range(page, PAGE_SIZE, why);

	if (error)
		return error;

	uint64_t *place = entry_reach(ept, page, 1);

	if (!place) {
		prune(ept, ept->root, LEVELS, 0, page, page + PAGE_SIZE);
		return out_of_tables(why, page);
	}
	ept->stale |= is_present(*place);
	store(place, entry);
	return ERROR_NONE;
}

cold_fn enum error ept_create(struct ept *ept, const struct ept_format *format,
			      const struct ept_pages *pages, struct reason *why)
{
	if (format->largest_page != span(1) && format->largest_page != span(2) &&
	    format->largest_page != span(3))
		return reason_set(why, ERROR_INVALID_INPUT, "EPT has no pages of 0x%llx bytes",
				  (unsigned long long)format->largest_page);
	if (format->address_bits < 32 || format->address_bits > 52)
		return reason_set(why, ERROR_INVALID_INPUT, "no CPU has %u physical-address bits",
				  format->address_bits);

	*ept = (struct ept) { .format = *format, .pages = *pages };
	ept->root = ept_table_make(ept);
	return ept->root ? ERROR_NONE
			 : reason_set(why, ERROR_NO_MEMORY, "no page left for an EPT root");
}

void ept_destroy(struct ept *ept)
{
	if (ept->root)
		retire(ept, ept->root, LEVELS);
	ept_flushed(ept);
	ept->root = NULL;
}

uint64_t ept_pointer_of(const struct ept_format *format, hpa_t root)
{
	return root.value | POINTER_WALK_LENGTH | (format->accessed_dirty ? POINTER_FLAGS : 0) |
	       (format->write_back_tables ? EPT_WRITE_BACK : EPT_UNCACHED);
}

uint64_t ept_pointer(const struct ept *ept)
{
	return ept_pointer_of(&ept->format, hpa(address_of(ept, ept->root)));
}
