/* Interrupt messages of devices, and the printed form of all. SDM volume 3, "Message Address Register Format" and "Message Data
 * Register Format". */
#include "device/apic_message.h"

#include "lib/bits.h"

#define MSI_ADDRESS       0xfee00000ull
#define MSI_ADDRESS_FIXED BITS(63, 20)
#define MSI_DESTINATION   BITS(19, 12)
#define MSI_REDIRECTION   BIT(3) /* the readiest of the destination's processors */
#define MSI_LOGICAL       BIT(2)

#define MSI_VECTOR   BITS(7, 0)
#define MSI_DELIVERY BITS(10, 8)
#define MSI_ASSERT   BIT(14)
#define MSI_LEVEL    BIT(15)

#define ICR_DELIVERY    BITS(10, 8)
#define ICR_LOGICAL     BIT(11)
#define ICR_SHORTHAND   BITS(19, 18)
#define ICR_DESTINATION BITS(63, 32)

bool apic_message_from_msi(uint64_t address, uint32_t data, struct apic_message *message)
{
	enum apic_delivery delivery = (enum apic_delivery)field_get(data, MSI_DELIVERY);

	if ((address & MSI_ADDRESS_FIXED) != MSI_ADDRESS || delivery == APIC_RESERVED_3 ||
	    delivery == APIC_START_UP)
		return false;
	/* The end of a level: a local APIC learns nothing from it. */
	if ((data & MSI_LEVEL) && !(data & MSI_ASSERT))
		return false;
	if (delivery == APIC_FIXED && (address & MSI_REDIRECTION))
		delivery = APIC_LOWEST_PRIORITY;
	*message = (struct apic_message) {
		.delivery = delivery,
		.vector = (uint8_t)field_get(data, MSI_VECTOR),
		.level_triggered = data & MSI_LEVEL,
		.logical = address & MSI_LOGICAL,
		.destination = (uint32_t)field_get(address, MSI_DESTINATION),
	};
	return true;
}

uint64_t apic_message_icr(const struct apic_message *message)
{
	return message->vector | field_put(ICR_DELIVERY, message->delivery) |
	       (message->logical ? ICR_LOGICAL : 0) | field_put(ICR_SHORTHAND, message->shorthand) |
	       field_put(ICR_DESTINATION, message->destination);
}
