/* The two ports of a PC chip set that reset it: system control port A (0x92: fast gate A20 and fast
 * INIT) and the reset control register (0xcf9), and the gate of address line 20 itself, which port
 * 0x92 shares with the keyboard controller. 82371AB (PIIX4), "P92" and "RC - Reset Control". */
#ifndef DEVICE_RESET_PORTS_H
#define DEVICE_RESET_PORTS_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define RESET_PORT_A       0x92
#define RESET_CONTROL_PORT 0xcf9

/* Where reset_ports_ops sees them. */
#define RESET_PORT_A_OFFSET  0
#define RESET_CONTROL_OFFSET 1

/* Reset control register: the board's FADT names RESET_HARD | RESET_NOW. */
#define RESET_HARD 0x02 /* all of the machine, not just the CPU */
#define RESET_NOW  0x04 /* the rising edge resets */
#define RESET_FULL 0x08 /* through a power cycle */

enum reset_kind {
	RESET_KIND_INIT, /* INIT# to the CPUs: chips keep their state */
	RESET_KIND_HARD, /* the machine */
	RESET_KIND_POWER_CYCLE,
};

struct reset_ports {
	uint8_t port_a, control;
	bool keyboard_a20, keyboard_reset; /* the keyboard controller's wires */
	struct wire a20;                   /* true: address line 20 goes through */
	void *context;
	void (*reset)(void *context, enum reset_kind kind); /* may be null */
};

extern const struct chip_ops reset_ports_ops;

void reset_ports_init(struct reset_ports *ports, const struct wire *a20, void *context,
		      void (*reset)(void *context, enum reset_kind kind));

enum error reset_ports_attach(struct reset_ports *ports, struct bus *io,
			      struct reason *why) must_check;

/* Where the keyboard controller's A20 wire leads: the line goes through when either lets it. Before
 * the controller speaks, and on machines without one, it does. */
void reset_ports_set_keyboard_a20(void *ports, unsigned number, bool level);

/* Where the keyboard controller's reset wire leads: its rising edge is RESET_KIND_INIT. */
void reset_ports_set_keyboard_reset(void *ports, unsigned number, bool level);

bool reset_ports_a20(const struct reset_ports *ports);

#endif
