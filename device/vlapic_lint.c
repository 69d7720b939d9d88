/* The two pins of the local APIC. On a PC the 8259's output leads to LINT0 of every processor, and
 * NMI sources to LINT1; with the APIC disabled they are the INTR and NMI pins that a processor
 * without an APIC has. SDM volume 3, "Local Vector Table" and "Enabling or Disabling the Local
 * APIC". */
#include "device/vlapic_internal.h"

static unsigned entry_at(unsigned n)
{
	return VLAPIC_LVT_LINT0 + n * VLAPIC_REGISTER_STEP;
}

/* Is pin `n` at the level that its entry calls active? */
static bool is_asserted(const struct vlapic *lapic, unsigned n)
{
	bool low = vlapic_mode(lapic) != VLAPIC_DISABLED &&
		   (vlapic_get(lapic, entry_at(n)) & LVT_ACTIVE_LOW);

	return !!(lapic->pins & BIT(n)) != low;
}

static bool is_delivery(uint32_t entry, enum apic_delivery delivery)
{
	return !(entry & LVT_MASKED) && field_get(entry, LVT_DELIVERY) == delivery;
}

bool vlapic_lint_is_unmaskable(const struct vlapic *lapic, unsigned number)
{
	uint32_t entry = vlapic_get(lapic, entry_at(number));

	if (vlapic_mode(lapic) == VLAPIC_DISABLED)
		return number == VLAPIC_LINT1;
	return is_delivery(entry, APIC_NMI) || is_delivery(entry, APIC_INIT);
}

/* LINT1 is edge-triggered whatever its entry says, and so are all modes but the fixed one. */
static bool is_level_triggered(uint32_t entry, unsigned n)
{
	return n == VLAPIC_LINT0 && is_delivery(entry, APIC_FIXED) && (entry & LVT_LEVEL);
}

void vlapic_lint_look(struct vlapic *lapic)
{
	uint32_t entry = vlapic_get(lapic, VLAPIC_LVT_LINT0);

	if (lapic->remote_irr || !is_level_triggered(entry, VLAPIC_LINT0) ||
	    !is_asserted(lapic, VLAPIC_LINT0))
		return;
	vlapic_request(lapic, (uint8_t)field_get(entry, VLAPIC_VECTOR), true);
	/* An illegal vector was not accepted: nobody would ever end it. */
	if (field_get(entry, VLAPIC_VECTOR) < APIC_FIRST_VECTOR)
		return;
	lapic->remote_irr = true;
	vlapic_put(lapic, VLAPIC_LVT_LINT0, entry | LVT_REMOTE_IRR);
}

/* On the CPU that drives the pin, and at once: what is no vector for IRR must not wait for the owner
 * to look, who may be halted with interrupts off. */
void vlapic_lint_signal(struct vlapic *lapic, unsigned n, bool rose)
{
	uint32_t entry = vlapic_get(lapic, entry_at(n));
	enum apic_delivery delivery = (enum apic_delivery)field_get(entry, LVT_DELIVERY);

	if (vlapic_mode(lapic) == VLAPIC_DISABLED) {
		if (n == VLAPIC_LINT1 && rose)
			lapic->connections->local(lapic->context, lapic, APIC_NMI);
		return;
	}
	if ((entry & LVT_MASKED) || rose == !!(entry & LVT_ACTIVE_LOW))
		return;
	if (delivery == APIC_NMI || delivery == APIC_SMI || delivery == APIC_INIT)
		lapic->connections->local(lapic->context, lapic, delivery);
}

/* A fixed interrupt, taken over by the owner. */
static void edge(struct vlapic *lapic, unsigned n, bool rose, bool fell)
{
	uint32_t entry = vlapic_get(lapic, entry_at(n));

	if (is_delivery(entry, APIC_FIXED) && !is_level_triggered(entry, n) &&
	    (entry & LVT_ACTIVE_LOW ? fell : rose))
		vlapic_lvt_raise(lapic, entry_at(n));
}

void vlapic_lint_changed(struct vlapic *lapic, uint32_t high, uint32_t rose, uint32_t fell)
{
	lapic->pins = high;
	vlapic_look_aside(lapic);
	for (unsigned n = 0; n < VLAPIC_LINTS; n++)
		edge(lapic, n, rose & BIT(n), fell & BIT(n));
	if (vlapic_mode(lapic) != VLAPIC_DISABLED)
		vlapic_lint_look(lapic);
}

void vlapic_lint_eoi(struct vlapic *lapic, uint8_t vector)
{
	uint32_t entry = vlapic_get(lapic, VLAPIC_LVT_LINT0);

	if (!lapic->remote_irr || field_get(entry, VLAPIC_VECTOR) != vector)
		return;
	lapic->remote_irr = false;
	vlapic_put(lapic, VLAPIC_LVT_LINT0, entry & ~LVT_REMOTE_IRR);
	vlapic_lint_look(lapic);
}
