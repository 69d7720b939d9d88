/* For hardware that virtualizes a local APIC on its page: what it may read there, what it has to be
 * told, and what is left to do when it has written or ended something by itself. */
#include "device/vlapic_vectors.h"

#define CLASS_SHIFT 4
#define WORD_BITS   64u

bool vlapic_page_holds(const struct vlapic *lapic, unsigned offset)
{
	uint8_t mode = vlapic_mode(lapic) == VLAPIC_X2APIC ? IN_X2APIC : IN_XAPIC;

	if (vlapic_mode(lapic) == VLAPIC_DISABLED ||
	    offset >= VLAPIC_REGISTERS * VLAPIC_REGISTER_STEP)
		return false;
	switch (offset) {
	case VLAPIC_PPR:
	case VLAPIC_APR:
	case VLAPIC_CURRENT_COUNT:
		return false;
	}
	return is_aligned(offset, VLAPIC_REGISTER_STEP) && (vlapic_access(offset)->read & mode);
}

unsigned vlapic_priority_threshold(struct vlapic *lapic)
{
	int request = vlapic_highest_request(lapic);
	int in_service = vlapic_set_highest(lapic, VLAPIC_ISR);
	unsigned class = request < 0 ? 0 : (unsigned)request >> CLASS_SHIFT;

	if (in_service >= 0 && class <= (unsigned)in_service >> CLASS_SHIFT)
		return 0;
	return class <= vlapic_priority(lapic) ? class : 0;
}

void vlapic_level_vectors(struct vlapic *lapic, uint64_t vectors[4])
{
	vlapic_take_posted(lapic);
	for (unsigned i = 0; i < 4; i++)
		vectors[i] = 0;
	for (unsigned i = 0; i < VLAPIC_VECTORS / VLAPIC_PER_REGISTER; i++) {
		unsigned at = i * VLAPIC_REGISTER_STEP, first = i * VLAPIC_PER_REGISTER;
		uint64_t held =
			vlapic_get(lapic, VLAPIC_IRR + at) | vlapic_get(lapic, VLAPIC_ISR + at);

		vectors[first / WORD_BITS] |= (held & vlapic_get(lapic, VLAPIC_TMR + at))
					      << first % WORD_BITS;
	}
}

void vlapic_share_sets(struct vlapic *lapic)
{
	if (lapic->shared)
		return;
	lapic->shared = true;
	vlapic_sets_begin(lapic);
}

void vlapic_written(struct vlapic *lapic, unsigned offset)
{
	unsigned at = (unsigned)align_down(offset, VLAPIC_REGISTER_STEP);

	/* What a guest writes most, first. */
	if (likely(at == VLAPIC_EOI)) {
		vlapic_eoi(lapic);
		return;
	}
	if (likely(at == VLAPIC_ICR)) {
		vlapic_icr_write(lapic, vlapic_get(lapic, at));
		return;
	}
	if (at < VLAPIC_REGISTERS * VLAPIC_REGISTER_STEP && vlapic_access(at)->write)
		vlapic_store(lapic, at, vlapic_get(lapic, at));
}
