/* The end of an interrupt that came by an edge, inline: what guests write most to a local APIC. SDM volume 3,
 * "Signaling Interrupt Servicing Completion". */
#ifndef DEVICE_VLAPIC_END_H
#define DEVICE_VLAPIC_END_H

#include "device/vlapic_vectors.h"

/* What a write of the EOI register does. False: nothing has been done, as there is more to it: a level,
 * or no interrupt is seen to be in service. */
static inline bool vlapic_end_edge(struct vlapic *lapic)
{
	uint32_t registers = vlapic_set_registers(lapic, VLAPIC_ISR);

	if (unlikely(!registers))
		return false;
	unsigned i = vlapic_set_top(registers);
	uint32_t vectors = vlapic_set_load(lapic, VLAPIC_ISR, i);

	if (unlikely(!vectors))
		return false;
	uint32_t bit = vlapic_set_bit(vlapic_set_top(vectors));

	if (unlikely(vlapic_set_load(lapic, VLAPIC_TMR, i) & bit))
		return false;
	vlapic_set_store(lapic, VLAPIC_ISR, i, vectors & ~bit);
	if (vectors == bit && !lapic->shared)
		vlapic_set_note(lapic, VLAPIC_ISR, registers & ~vlapic_set_bit(i));
	return true;
}

#endif
