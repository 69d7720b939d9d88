/* Ports that no PC has and that emulators give to kernels and firmware under test: 0xE9 (Bochs) and
 * 0x402 (SeaBIOS, OVMF) take a byte of output, 0xF4 ends the machine with a status (QEMU's
 * isa-debug-exit), and the word "Shutdown" on 0x8900 turns it off (Bochs). */
#ifndef DEVICE_DEBUG_PORTS_H
#define DEVICE_DEBUG_PORTS_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define DEBUG_PORT_BOCHS    0xe9
#define DEBUG_PORT_FIRMWARE 0x402
#define DEBUG_PORT_EXIT     0xf4
#define DEBUG_PORT_SHUTDOWN 0x8900

#define DEBUG_EXIT_PORTS 4
#define DEBUG_EXIT_OK    1 /* the status when 0 was written */

/* What both output ports read as, so that a program can tell that they are there. */
#define DEBUG_PORT_PRESENT 0xe9

/* Whom the ports reach. A port whose function is null is not there. */
struct debug_connections {
	void *context;
	void (*output)(void *context, uint16_t port, uint8_t byte);
	/* `status` is what the machine ends with: the value written, doubled, plus one, so that it
	 * is never 0. */
	void (*exit)(void *context, uint32_t status);
	void (*shutdown)(void *context);
};

struct debug_ports {
	struct debug_connections to;
	unsigned said; /* letters of "Shutdown" in a row */
};

/* Sees each port at the offset that is its number. */
extern const struct chip_ops debug_ports_ops;

void debug_ports_init(struct debug_ports *ports, const struct debug_connections *to);

enum error debug_ports_attach(struct debug_ports *ports, struct bus *io,
			      struct reason *why) must_check;

#endif
