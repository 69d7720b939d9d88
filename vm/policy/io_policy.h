/* Which I/O ports a guest reaches without an exit. None, unless a VM's owner opens them, and never
 * one that Plinth itself lives by. Pure. */
#ifndef VM_POLICY_IO_POLICY_H
#define VM_POLICY_IO_POLICY_H

#include "lib/error.h"
#include "lib/types.h"

#define IO_PORTS         0x10000u
#define IO_POLICY_RANGES 16

struct io_range {
	uint16_t first, last;
};

struct io_policy {
	unsigned count;
	struct io_range open[IO_POLICY_RANGES];
};

/* Opens [first, last]. InvalidInput for a range upside down, or one that touches a port of
 * Plinth's, which the sentence names; NoMemory when all ranges are used. */
enum error io_policy_open(struct io_policy *policy, uint16_t first, uint16_t last,
			  struct reason *why) must_check;

/* True when the guest may reach all of [port, port + width) itself. */
bool io_policy_passes(const struct io_policy *policy, uint16_t port, unsigned width);

#endif
