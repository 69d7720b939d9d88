/* QEMU's pc-testdev, which hypervisor test suites drive: a register of four bytes in I/O space, seen
 * through two windows (one takes accesses whole, the other byte by byte); a port a GSI that drives
 * its interrupt wire; a port to which a page's address is written that the hypervisor is to map anew
 * (nothing to be done here: translations are never stale); and memory behind MMIO. */
#ifndef DEVICE_TESTDEV_H
#define DEVICE_TESTDEV_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define TESTDEV_PORT        0xe0 /* the register */
#define TESTDEV_FLUSH_PORT  0xe4
#define TESTDEV_BYTE_PORT   0xe8       /* the register, byte by byte */
#define TESTDEV_IRQ_PORT    0x2000     /* a port for each wire */
#define TESTDEV_MEMORY      0xff000000 /* guest-physical */
#define TESTDEV_MEMORY_SIZE 0x10000
#define TESTDEV_IRQS        24

struct testdev {
	struct wire irq[TESTDEV_IRQS]; /* what the board connects; kept by a reset */
	uint8_t data[4];
	uint8_t memory[TESTDEV_MEMORY_SIZE];
};

extern const struct chip_ops testdev_register_ops, testdev_memory_ops;

/* All zero, wires low but not driven. */
void testdev_init(struct testdev *testdev, const struct wire irq[TESTDEV_IRQS]);

/* Port 0xe9 belongs to the second window of the register: where the debug ports have it, that byte
 * is left to them. */
enum error testdev_attach(struct testdev *testdev, struct bus *io, struct bus *memory,
			  struct reason *why) must_check;

#endif
