/* The I/O APIC: an 82093AA with the EOI register of its successors (version 20h). 24 pins, each
 * with a redirection entry that makes a message of an edge or a level. The caller serialises; the
 * board holds its VM's lock. Datasheet: Intel 82093AA, "I/O Advanced Programmable Interrupt
 * Controller". */
#ifndef DEVICE_IOAPIC_H
#define DEVICE_IOAPIC_H

#include "device/apic_message.h"
#include "device/chip.h"
#include "lib/types.h"

#define IOAPIC_PINS   24u
#define IOAPIC_BASE   0xfec00000u
#define IOAPIC_LENGTH 0x1000u

struct ioapic {
	uint8_t select; /* IOREGSEL */
	uint32_t id;    /* the id register: bits 27:24 */
	union {
		uint64_t entries[IOAPIC_PINS];
		uint32_t halves[2 * IOAPIC_PINS]; /* as they are read */
	};
	uint32_t levels;     /* the pins, a bit each: asserted as the board sees it */
	uint32_t active_low; /* pins whose line is low when asserted, as PCI's are */
	/* False: no local APIC took it. A level then stays to be sent again. */
	bool (*send)(void *context, const struct apic_message *message);
	void *context;
};

/* Reads and writes of IOAPIC_LENGTH bytes at IOAPIC_BASE; the chip is a struct ioapic. */
extern const struct chip_ops ioapic_ops;

/* `active_low`: a bit for each pin whose wire is low while it is asserted; ioapic_set_irq() is told
 * of assertion, and the guest's polarity bit has to agree with the wire. */
void ioapic_init(struct ioapic *ioapic, uint32_t active_low,
		 bool (*send)(void *context, const struct apic_message *message), void *context);

/* For a struct wire: `ioapic` is a struct ioapic, `pin` below IOAPIC_PINS. A pin that several
 * devices share is asserted while any of them asserts it: the caller's sum. */
void ioapic_set_irq(void *ioapic, unsigned pin, bool asserted);

/* A local APIC broadcast the end of `vector`: levels still asserted are sent again. */
void ioapic_eoi(struct ioapic *ioapic, uint8_t vector);

/* Is a pin programmed to send what a processor takes with interrupts off: NMI or INIT? */
bool ioapic_sends_unmaskable(const struct ioapic *ioapic);

/* Is `vector` one of a level-triggered entry? Its EOI must then reach ioapic_eoi(). */
bool ioapic_handles(const struct ioapic *ioapic, uint8_t vector);

#endif
