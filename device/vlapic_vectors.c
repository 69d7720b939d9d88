/* The local APIC's three sets of 256 vectors (ISR, TMR, IRR), in the page: a bit for each vector,
 * 32 to a register. Nothing about them is kept elsewhere, so that hardware may change them. */
#include "device/vlapic_internal.h"

static unsigned place(unsigned set, uint8_t vector)
{
	return set + vector / VLAPIC_PER_REGISTER * VLAPIC_REGISTER_STEP;
}

static uint32_t bit(uint8_t vector)
{
	return (uint32_t)BIT(vector % VLAPIC_PER_REGISTER);
}

bool vlapic_set_holds(const struct vlapic *lapic, unsigned set, uint8_t vector)
{
	return vlapic_get(lapic, place(set, vector)) & bit(vector);
}

void vlapic_set_add(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned at = place(set, vector);

	vlapic_put(lapic, at, vlapic_get(lapic, at) | bit(vector));
}

void vlapic_set_remove(struct vlapic *lapic, unsigned set, uint8_t vector)
{
	unsigned at = place(set, vector);

	vlapic_put(lapic, at, vlapic_get(lapic, at) & ~bit(vector));
}

int vlapic_set_highest(const struct vlapic *lapic, unsigned set)
{
	for (int i = VLAPIC_VECTORS / VLAPIC_PER_REGISTER - 1; i >= 0; i--) {
		uint32_t vectors = vlapic_get(lapic, set + (unsigned)i * VLAPIC_REGISTER_STEP);

		if (vectors)
			return i * (int)VLAPIC_PER_REGISTER + 31 - __builtin_clz(vectors);
	}
	return -1;
}
