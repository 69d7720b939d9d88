/* What a guest mostly writes into an interrupt command register: a fixed interrupt for one processor, by
 * its id. The short way of these, inline; vlapic_written() and apic_bus_send() do the same, and all else.
 * SDM volume 3, "Interrupt Command Register (ICR)". */
#ifndef DEVICE_APIC_COMMAND_H
#define DEVICE_APIC_COMMAND_H

#include "device/apic_bus.h"
#include "device/vlapic_posted.h"

#define ICR_DELIVERY  BITS(10, 8)
#define ICR_LOGICAL   BIT(11)
#define ICR_ASSERT    BIT(14)
#define ICR_LEVEL     BIT(15)
#define ICR_SHORTHAND BITS(19, 18)

/* The destination that stands in the page of a local APIC. */
static inline uint32_t apic_command_destination(const struct vlapic *lapic)
{
	return unlikely(vlapic_mode(lapic) == VLAPIC_X2APIC)
		       ? vlapic_get(lapic, VLAPIC_ICR_WIDE_HIGH)
		       : vlapic_get(lapic, VLAPIC_ICR_HIGH) >> XAPIC_ID_SHIFT;
}

/* Of the two halves as they were written: nothing that a register or another way would have to know of. */
static inline bool apic_command_is_plain(const struct apic_bus *bus, uint32_t icr,
					 uint32_t destination)
{
	return !(icr & ~(uint32_t)(VLAPIC_VECTOR | ICR_ASSERT)) &&
	       field_get(icr, VLAPIC_VECTOR) >= APIC_FIRST_VECTOR &&
	       destination < __atomic_load_n(&bus->in_order, __ATOMIC_RELAXED);
}

/* Sends one that is plain. The local APIC whose owner has to be told; null: none has. */
static inline struct vlapic *apic_command_send(const struct apic_bus *bus, uint32_t icr,
					       uint32_t destination)
{
	struct vlapic *to = bus->lapics[destination];

	if (unlikely(!vlapic_takes_fixed(to)))
		return NULL;
	return posted_add_edge(to, (uint8_t)field_get(icr, VLAPIC_VECTOR)) ? to : NULL;
}

#endif
