/* QEMU's test device, which pulls at interrupt wires. */
#ifndef TESTS_GUEST_KERNELS_TESTDEV_H
#define TESTS_GUEST_KERNELS_TESTDEV_H

#include "guest/bare/machine.h"

#define TESTDEV_IRQ 0x2000 /* a port for each wire */

static inline void set_line(unsigned irq, bool level)
{
	out8((uint16_t)(TESTDEV_IRQ + irq), level);
}

#endif
