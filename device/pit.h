/* The 8254 interval timer of a PC and the system control port B (0x61) around it: channel 0 drives
 * IRQ 0, channel 1 once refreshed memory, channel 2 drives the speaker and has a gate. Datasheet:
 * 8254; port 0x61 is described with the 82371AB (PIIX4), "NMISC".
 *
 * The input clock is 1193182 Hz (14.31818 MHz / 12, rounded to a whole number as everybody does),
 * its tick 0 at time 0 of the VM; counts load and change at ticks. A board that comes late finds
 * the counters where they would be, in phase; of several rising edges of OUT 0 that it slept
 * through one is delivered, and the others are counted in `missed`. */
#ifndef DEVICE_PIT_H
#define DEVICE_PIT_H

#include "device/bus.h"
#include "device/chip.h"
#include "device/pit_channel.h"
#include "lib/error.h"
#include "lib/types.h"

#define PIT_HZ       1193182u
#define PIT_CHANNELS 3

#define PIT_PORT         0x40
#define PIT_CONTROL_PORT 0x61 /* system control port B */

/* Where pit_ops sees them. */
#define PIT_OFFSET         0
#define PIT_CONTROL_OFFSET 4

struct pit {
	struct pit_channel channels[PIT_CHANNELS];
	uint8_t port61;  /* the bits that are stored */
	uint64_t tick;   /* up to which the counters have counted */
	uint64_t missed; /* rising edges of OUT 0 that nobody saw */
	struct wire irq;
};

extern const struct chip_ops pit_ops;

/* As after power-on: no channel counts before it is programmed. `irq` is OUT 0. */
void pit_init(struct pit *pit, const struct wire *irq);

enum error pit_attach(struct pit *pit, struct bus *ports, struct reason *why) must_check;

#endif
