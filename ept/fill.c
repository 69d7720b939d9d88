/* Filling an extended page table page by page, while its guest runs: only what is not there is added,
 * so that no CPU has anything to flush. */
#include "ept/entry.h"

#define TOP_SHIFT (PAGE_SHIFT + (LEVELS - 1) * INDEX_BITS)

/* What a 4 KiB leaf can say. */
static bool leaf_is_valid(const struct ept *ept, gpa_t at, hpa_t to, unsigned rights,
			  enum ept_memory_type type)
{
	return is_aligned(at.value | to.value, PAGE_SIZE) && !(at.value >> GUEST_ADDRESS_BITS) &&
	       !(to.value >> ept->format.address_bits) && rights_are_valid(&ept->format, rights) &&
	       type_is_valid(type);
}

static bool add_table(struct ept *ept, uint64_t *entry)
{
	uint64_t *table = ept_table_make(ept);

	if (table)
		store(entry, address_of(ept, table) | ENTRY_RIGHTS);
	return table;
}

enum error ept_fill(struct ept *ept, gpa_t at, hpa_t to, unsigned rights, enum ept_memory_type type,
		    hpa_t *there, struct reason *why)
{
	uint64_t *table = ept->root;

	if (unlikely(!leaf_is_valid(ept, at, to, rights, type)))
		return reason_set(why, ERROR_INVALID_INPUT,
				  "cannot fill 0x%llx with host-physical 0x%llx, rights 0x%x, "
				  "memory type %u",
				  (unsigned long long)at.value, (unsigned long long)to.value,
				  rights, type);
	for (unsigned level = LEVELS, shift = TOP_SHIFT;; level--, shift -= INDEX_BITS) {
		uint64_t *entry = &table[at.value >> shift & (ENTRIES - 1)], old = *entry;

		if (is_present(old) && is_leaf(old, level)) {
			uint64_t offset = at.value & (BIT(shift) - 1);

			*there = hpa((old & ENTRY_ADDRESS & ~(BIT(shift) - 1)) + offset);
			return ERROR_NONE;
		}
		if (level == 1) {
			store(entry, to.value | (uint64_t)type << TYPE_SHIFT | rights);
			*there = to;
			return ERROR_NONE;
		}
		if (!is_present(old) && !add_table(ept, entry))
			return out_of_tables(why, at.value);
		table = child(ept, *entry);
	}
}
