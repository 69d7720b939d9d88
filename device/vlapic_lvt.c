/* The local vector table: six sources of interrupts inside and at the pins of a processor, and what
 * each does when it speaks up. SDM volume 3, "Local Vector Table". */
#include "device/vlapic_internal.h"

static unsigned entry_at(unsigned n)
{
	return VLAPIC_LVT_TIMER + n * VLAPIC_REGISTER_STEP;
}

void vlapic_lvt_reset(struct vlapic *lapic)
{
	for (unsigned i = 0; i < VLAPIC_LVT_ENTRIES; i++)
		vlapic_put(lapic, entry_at(i), LVT_MASKED);
	lapic->remote_irr = false;
}

void vlapic_lvt_mask_all(struct vlapic *lapic)
{
	for (unsigned i = 0; i < VLAPIC_LVT_ENTRIES; i++)
		vlapic_put(lapic, entry_at(i), vlapic_get(lapic, entry_at(i)) | LVT_MASKED);
	vlapic_look_aside(lapic);
}

void vlapic_lvt_write(struct vlapic *lapic, unsigned offset, uint32_t value)
{
	/* "Local APIC State After It Has Been Software Disabled": no mask can be taken off. */
	if (!(vlapic_get(lapic, VLAPIC_SVR) & SVR_ENABLE))
		value |= LVT_MASKED;
	if (offset == VLAPIC_LVT_LINT0 && lapic->remote_irr)
		value |= LVT_REMOTE_IRR;
	vlapic_put(lapic, offset, value);
	if (offset == VLAPIC_LVT_TIMER)
		vlapic_timer_set_mode(lapic, (unsigned)field_get(value, LVT_TIMER_MODE));
	if (offset == VLAPIC_LVT_LINT0 || offset == VLAPIC_LVT_LINT1) {
		vlapic_look_aside(lapic);
		vlapic_lint_look(lapic);
	}
}

bool vlapic_lvt_raise(struct vlapic *lapic, unsigned offset)
{
	uint32_t entry = vlapic_get(lapic, offset);
	enum apic_delivery delivery = (enum apic_delivery)field_get(entry, LVT_DELIVERY);

	if (entry & LVT_MASKED)
		return false;
	switch (delivery) {
	case APIC_FIXED:
		vlapic_request(lapic, (uint8_t)field_get(entry, VLAPIC_VECTOR), false);
		break;
	case APIC_SMI:
	case APIC_NMI:
	case APIC_INIT:
		lapic->connections->local(lapic->context, lapic, delivery);
		break;
	default: /* ExtINT is a level at a pin (vlapic_lint.c); the others are reserved */
		break;
	}
	return true;
}

void vlapic_raise(struct vlapic *lapic, enum vlapic_source source)
{
	if (source == VLAPIC_THERMAL) {
		vlapic_lvt_raise(lapic, VLAPIC_LVT_THERMAL);
		return;
	}
	/* The handler takes the mask off again: "Generating an Interrupt on Overflow". */
	if (vlapic_lvt_raise(lapic, VLAPIC_LVT_PERFORMANCE))
		vlapic_put(lapic, VLAPIC_LVT_PERFORMANCE,
			   vlapic_get(lapic, VLAPIC_LVT_PERFORMANCE) | LVT_MASKED);
}
