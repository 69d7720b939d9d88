/* What travels between the I/O APIC, devices with message-signalled interrupts, and local APICs:
 * one interrupt message. Pure values; device/apic_bus.h finds the receivers. SDM volume 3,
 * "Issuing Interprocessor Interrupts" and "Message Signalled Interrupts". */
#ifndef DEVICE_APIC_MESSAGE_H
#define DEVICE_APIC_MESSAGE_H

#include "lib/types.h"

/* As encoded in the delivery mode fields of LVT entries, ICR, redirection entries and MSI data. */
enum apic_delivery {
	APIC_FIXED = 0,
	APIC_LOWEST_PRIORITY = 1,
	APIC_SMI = 2,
	APIC_RESERVED_3 = 3,
	APIC_NMI = 4,
	APIC_INIT = 5,
	APIC_START_UP = 6, /* ICR only */
	APIC_EXTINT = 7,   /* LVT, I/O APIC and MSI only */
};

/* Does it reach a processor that takes no interrupts? */
static inline bool apic_is_unmaskable(enum apic_delivery delivery)
{
	return delivery == APIC_NMI || delivery == APIC_INIT;
}

/* As encoded in the destination shorthand field of the ICR. */
enum apic_shorthand { APIC_NO_SHORTHAND, APIC_SELF, APIC_ALL, APIC_ALL_BUT_SELF };

struct apic_message {
	enum apic_delivery delivery;
	enum apic_shorthand shorthand;
	uint8_t vector;
	bool level_triggered;
	bool logical; /* the destination names a set of logical ids, not an APIC id */
	/* The destination has 32 bits and its broadcast is FFFFFFFFh: the sender is in x2APIC mode.
	 * Else it has 8 bits, and FFh is everyone. */
	bool wide;
	uint32_t destination;
};

/* A vector below 16 is an exception's: no local APIC takes it in a fixed interrupt. */
#define APIC_FIRST_VECTOR 16

/* The destination of eight bits that is everyone. */
#define APIC_NARROW_BROADCAST 0xffu

/* The message of a device's 32-bit write of `data` to `address`. False when the address is not one
 * of an interrupt message (FEEx_xxxxh), or the delivery mode is reserved. */
bool apic_message_from_msi(uint64_t address, uint32_t data, struct apic_message *message);

/* What stands in the ICR of a local APIC in x2APIC mode that sends this. */
uint64_t apic_message_icr(const struct apic_message *message);

#endif
