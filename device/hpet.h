/* A high precision event timer block: a 64-bit main counter of 100 MHz and three 64-bit comparators,
 * each one-shot or periodic, level or edge, to a pin of the I/O APIC, to IRQ 0 and 8 in the place of
 * the 8254 and the real-time clock, or as a message. IA-PC HPET Specification, revision 1.0a.
 *
 * The wires of the 8254 and the clock lead through this chip, so that legacy replacement routing is
 * decided here and nowhere else. */
#ifndef DEVICE_HPET_H
#define DEVICE_HPET_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define HPET_BASE      0xfed00000ull
#define HPET_SIZE      0x400u
#define HPET_TIMERS    3
#define HPET_HZ        100000000u
#define HPET_PERIOD_FS 10000000u

/* The ACPI table's event timer block ID: hardware revision, timers, 64 bits, legacy, vendor. */
#define HPET_BLOCK_ID 0x8086a201u

/* Pins of the I/O APIC that a timer may be routed to, and the inputs of hpet_set_legacy(). */
#define HPET_ROUTES     0x00f00000u /* 20 to 23 */
#define HPET_LEGACY_PIT 0
#define HPET_LEGACY_RTC 1

struct hpet_wires {
	/* A pin of the I/O APIC. */
	void *context;
	void (*set_pin)(void *context, unsigned pin, bool level);
	/* A message-signalled interrupt. */
	void (*send)(void *context, uint64_t address, uint32_t data);
	struct wire irq0, irq8; /* what goes on from the 8254 and the clock */
};

struct hpet_timer {
	uint64_t config; /* without the constant bits */
	uint64_t comparator;
	uint64_t period; /* what was last written to the comparator in periodic mode */
	uint64_t route;  /* of messages: address in the high half, value in the low */
	bool output;     /* its interrupt line: high is asserted */
};

struct hpet {
	uint64_t config, status;
	uint64_t counter; /* its value at `tick` */
	uint64_t tick;
	uint64_t missed; /* periods that passed without an interrupt of their own */
	struct hpet_timer timers[HPET_TIMERS];
	bool legacy_in[2];
	struct hpet_wires wires;
};

extern const struct chip_ops hpet_ops;

void hpet_init(struct hpet *hpet, const struct hpet_wires *wires);

/* On the bus of memory-mapped registers, at HPET_BASE. */
enum error hpet_attach(struct hpet *hpet, struct bus *memory, struct reason *why) must_check;

/* Is the counter running for a timer whose message is an NMI or INIT? */
bool hpet_sends_unmaskable(const struct hpet *hpet);

/* The outputs of the 8254 (HPET_LEGACY_PIT) and the clock (HPET_LEGACY_RTC): the `set` of their
 * wires on a machine with an HPET. They go on to irq0 and irq8 unless the timers have taken them. */
void hpet_set_legacy(void *hpet, unsigned source, bool level);

#endif
