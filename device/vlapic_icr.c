/* The interrupt command register: messages to other processors and to this one. SDM volume 3,
 * "Issuing Interprocessor Interrupts", "ICR Operation in x2APIC Mode" and "SELF IPI Register". */
#include "device/apic_command.h"

static bool has_illegal_vector(const struct apic_message *message)
{
	return message->vector < APIC_FIRST_VECTOR &&
	       (message->delivery == APIC_FIXED || message->delivery == APIC_LOWEST_PRIORITY);
}

static void send(struct vlapic *lapic, const struct apic_message *message)
{
	if (has_illegal_vector(message))
		vlapic_error(lapic, ESR_SEND_ILLEGAL_VECTOR);
	else if (message->delivery != APIC_FIXED || message->shorthand != APIC_SELF)
		lapic->connections->send(lapic->context, lapic, message);
	else if (vlapic_accepts_fixed(lapic))
		vlapic_request(lapic, message->vector, false);
}

/* Combinations of a delivery mode and a shorthand that "Valid Combinations for the Pentium 4 and
 * Intel Xeon Processors' Local xAPIC Interrupt Command Register" calls invalid are sent as what
 * they say. The trigger mode counts for the INIT de-assert alone: all others are edges. */
static void send_any(struct vlapic *lapic, uint32_t icr)
{
	bool wide = vlapic_mode(lapic) == VLAPIC_X2APIC;
	struct apic_message message = {
		.delivery = (enum apic_delivery)field_get(icr, ICR_DELIVERY),
		.shorthand = (enum apic_shorthand)field_get(icr, ICR_SHORTHAND),
		.vector = (uint8_t)field_get(icr, VLAPIC_VECTOR),
		.logical = icr & ICR_LOGICAL,
		.wide = wide,
		.destination = apic_command_destination(lapic),
	};

	if (message.delivery == APIC_RESERVED_3 || message.delivery == APIC_EXTINT)
		return;
	/* It set arbitration ids on the APIC bus of old; since then nobody listens. */
	if (message.delivery == APIC_INIT && (icr & ICR_LEVEL) && !(icr & ICR_ASSERT))
		return;
	send(lapic, &message);
}

void vlapic_icr_write(struct vlapic *lapic, uint32_t value)
{
	uint32_t icr = value & vlapic_access(VLAPIC_ICR)->writable;

	vlapic_put(lapic, VLAPIC_ICR, icr);
	send_any(lapic, icr);
}

void vlapic_self_ipi(struct vlapic *lapic, uint8_t vector)
{
	send(lapic, &(struct apic_message) {
			    .delivery = APIC_FIXED,
			    .shorthand = APIC_SELF,
			    .vector = vector,
			    .wide = true,
		    });
}
