/* Is a local APIC meant by a message? Any CPU asks this of any APIC. SDM volume 3, "Determining IPI
 * Destination" and "Logical Destination Mode in x2APIC Mode".
 *
 * APICs of one machine may be in different modes. A message carries the width of its destination: a
 * narrow one reaches an x2APIC with the zero-extended value (so a logical one is of cluster 0), a
 * wide one an xAPIC when it fits eight bits. */
#include "device/vlapic_internal.h"

#define CLUSTER_SHIFT   4u /* xAPIC cluster model: four bits of cluster, four of members */
#define CLUSTER_MEMBERS BITS(3, 0)
#define WIDE_CLUSTER    BITS(31, 16)
#define WIDE_MEMBERS    BITS(15, 0)

bool vlapic_accepts_fixed(const struct vlapic *lapic)
{
	return vlapic_takes_fixed(lapic);
}

static bool matches_physical(const struct vlapic *lapic, uint32_t destination)
{
	uint32_t id = vlapic_get(lapic, VLAPIC_ID);

	if (vlapic_mode(lapic) == VLAPIC_XAPIC)
		id = (uint32_t)field_get(id, XAPIC_ID_FIELD);
	return destination == id;
}

static bool matches_xapic_logical(const struct vlapic *lapic, uint32_t destination)
{
	uint32_t logical = (uint32_t)field_get(vlapic_get(lapic, VLAPIC_LDR), XAPIC_ID_FIELD);

	switch (field_get(vlapic_get(lapic, VLAPIC_DFR), DFR_MODEL)) {
	case DFR_FLAT:
		return destination <= APIC_NARROW_BROADCAST && (destination & logical);
	case DFR_CLUSTER:
		return destination >> CLUSTER_SHIFT == logical >> CLUSTER_SHIFT &&
		       (destination & logical & CLUSTER_MEMBERS);
	default:
		return false;
	}
}

static bool matches_x2apic_logical(const struct vlapic *lapic, uint32_t destination)
{
	uint32_t logical = vlapic_get(lapic, VLAPIC_LDR);

	return !((destination ^ logical) & WIDE_CLUSTER) && (destination & logical & WIDE_MEMBERS);
}

bool vlapic_matches(const struct vlapic *lapic, const struct apic_message *message)
{
	enum vlapic_mode mode = vlapic_mode(lapic);

	if (mode == VLAPIC_DISABLED)
		return false;
	if (message->destination == (message->wide ? UINT32_MAX : APIC_NARROW_BROADCAST))
		return true;
	if (!message->logical)
		return matches_physical(lapic, message->destination);
	return mode == VLAPIC_X2APIC ? matches_x2apic_logical(lapic, message->destination)
				     : matches_xapic_logical(lapic, message->destination);
}

unsigned vlapic_arbitration_class(const struct vlapic *lapic)
{
	return (unsigned)field_get(vlapic_ppr(lapic), VLAPIC_CLASS);
}
