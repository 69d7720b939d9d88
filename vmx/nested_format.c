/* The choice of the nested page tables' format. */
#include "vmx/nested_format.h"

#include "x86/msr.h"

_Static_assert((int)ACCESS_READ == (int)EPT_READ && (int)ACCESS_WRITE == (int)EPT_WRITE &&
		       (int)ACCESS_EXECUTE == (int)EPT_EXECUTE,
	       "rights pass through unchanged");
_Static_assert((int)MEMORY_TYPE_UC == (int)EPT_UNCACHED &&
		       (int)MEMORY_TYPE_WC == (int)EPT_WRITE_COMBINING &&
		       (int)MEMORY_TYPE_WT == (int)EPT_WRITE_THROUGH &&
		       (int)MEMORY_TYPE_WP == (int)EPT_WRITE_PROTECTED &&
		       (int)MEMORY_TYPE_WB == (int)EPT_WRITE_BACK,
	       "MTRRs and EPT encode types alike");

enum error nested_format_choose(struct ept_format *out, uint64_t capability, unsigned address_bits,
				bool large_pages, struct reason *why)
{
	const char *missing = NULL;

	if (!(capability & EPT_CAP_WALK_4))
		missing = "page walks of four levels";
	else if (!(capability & (EPT_CAP_WB | EPT_CAP_UC)))
		missing = "any memory type for EPT tables";
	else if (!(capability & EPT_CAP_INVEPT) ||
		 !(capability & (EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)))
		missing = "INVEPT";
	if (missing)
		return reason_set(why, ERROR_UNSUPPORTED, "EPT without %s", missing);

	*out = (struct ept_format) {
		.largest_page = PAGE_SIZE,
		.address_bits = address_bits,
		.accessed_dirty = capability & EPT_CAP_ACCESS_DIRTY,
		.execute_only = capability & EPT_CAP_EXECUTE_ONLY,
		.write_back_tables = capability & EPT_CAP_WB,
	};
	if (large_pages && (capability & EPT_CAP_2M))
		out->largest_page = MIB(2);
	if (large_pages && (capability & EPT_CAP_2M) && (capability & EPT_CAP_1G))
		out->largest_page = GIB(1);
	return ERROR_NONE;
}

enum ept_memory_type nested_format_type(enum nested_memory_type wish, enum memory_type host)
{
	static const enum ept_memory_type wished[] = {
		[NESTED_UNCACHED] = EPT_UNCACHED,
		[NESTED_WRITE_COMBINING] = EPT_WRITE_COMBINING,
		[NESTED_WRITE_THROUGH] = EPT_WRITE_THROUGH,
		[NESTED_WRITE_PROTECTED] = EPT_WRITE_PROTECTED,
		[NESTED_WRITE_BACK] = EPT_WRITE_BACK,
	};

	if ((unsigned)wish >= ARRAY_SIZE(wished))
		return EPT_UNCACHED;
	if (host == MEMORY_TYPE_WB || wish == NESTED_UNCACHED)
		return wished[wish];
	return (enum ept_memory_type)host;
}

enum nested_memory_type nested_format_wish(enum ept_memory_type type)
{
	switch (type) {
	case EPT_WRITE_COMBINING:
		return NESTED_WRITE_COMBINING;
	case EPT_WRITE_THROUGH:
		return NESTED_WRITE_THROUGH;
	case EPT_WRITE_PROTECTED:
		return NESTED_WRITE_PROTECTED;
	case EPT_WRITE_BACK:
		return NESTED_WRITE_BACK;
	default:
		return NESTED_UNCACHED;
	}
}
