/* The walk of an extended page table as the CPU does it, written apart from the code that builds
 * one, so that each can judge the other: SDM volume 3, "EPT Misconfigurations" and the tables of
 * entry formats in "EPT Translation Mechanism". */
#include "ept/ept.h"

#include "lib/bits.h"

struct level_format {
	unsigned shift; /* of its index in a guest-physical address */
	bool may_be_leaf;
	uint64_t reserved_table; /* must be clear where the entry references a table */
	uint64_t reserved_leaf;  /* must be clear where it maps a page */
};

static const struct level_format levels[] = {
	{ 39, false, BITS(7, 3), 0 },
	{ 30, true, BITS(6, 3), BITS(29, 12) },
	{ 21, true, BITS(6, 3), BITS(20, 12) },
	{ 12, true, 0, 0 },
};

static bool leaf_type_is_reserved(uint64_t type)
{
	return type == 2 || type == 3 || type == 7;
}

static bool is_misconfigured(const struct ept_format *format, const struct level_format *level,
			     uint64_t entry, bool leaf)
{
	unsigned rights = entry & 7;
	uint64_t reserved = BITS(51, 0) & ~BITS(format->address_bits - 1, 0);

	if ((rights & EPT_WRITE) && !(rights & EPT_READ))
		return true;
	if (rights == EPT_EXECUTE && !format->execute_only)
		return true;
	reserved |= leaf ? level->reserved_leaf : level->reserved_table;
	return entry & reserved || (leaf && leaf_type_is_reserved(entry >> 3 & 7));
}

struct ept_mapping ept_query(const struct ept *ept, gpa_t at)
{
	struct ept_mapping result = { .rights = 7, .page_size = PAGE_SIZE };
	const uint64_t *table = ept->root;

	if (at.value >> 48) {
		result.rights = 0;
		return result;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(levels); i++) {
		const struct level_format *level = &levels[i];
		uint64_t entry =
			__atomic_load_n(&table[at.value >> level->shift & 511], __ATOMIC_ACQUIRE);
		bool leaf = level->may_be_leaf && (level->shift == 12 || entry & BIT(7));

		result.page_size = BIT(level->shift);
		result.rights &= entry;
		if (!(entry & 7))
			return result;
		if (is_misconfigured(&ept->format, level, entry, leaf)) {
			result.misconfigured = true;
			return result;
		}
		if (leaf) {
			uint64_t offset = at.value & (result.page_size - 1);

			result.present = true;
			result.to = hpa((entry & BITS(51, 12)) | offset);
			result.type = entry >> 3 & 7;
			result.accessed = entry & BIT(8);
			result.dirty = entry & BIT(9);
			return result;
		}
		table = ept->pages.pointer(ept->pages.context, hpa(entry & BITS(51, 12)));
	}
	return result;
}
