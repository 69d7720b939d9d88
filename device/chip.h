/* What every virtual chip has in common. A chip is a pure state machine in a file of its own: the
 * board (guest/pc/) gives it time, accesses and guest memory, and connects its output wires. It
 * takes no lock (the board holds one for the VM), knows no clock, allocates nothing and never
 * trusts what a guest writes.
 *
 * Time is the VM's own, in nanoseconds since it was made; it never goes back. Before every access
 * the board calls advance() with the present time, so that a chip sees its past before its present,
 * and after every access or advance() it asks next() for the moment at which something changes by
 * itself; a chip that has nothing under way may save it that. A board may come late, any number of
 * periods: the chip then does what its datasheet says of a late one. */
#ifndef DEVICE_CHIP_H
#define DEVICE_CHIP_H

#include "lib/types.h"

typedef uint64_t device_time; /* nanoseconds */

#define DEVICE_NEVER UINT64_MAX

#define NANOSECONDS 1000000000ull /* a second */

/* An output of a chip, driven to a level. A wire that leads nowhere has no `set`. `number` is for
 * the receiver. A chip calls wire_set() whenever the level may have changed; receivers compare. */
struct wire {
	void (*set)(void *context, unsigned number, bool level);
	void *context;
	unsigned number;
};

static inline void wire_set(const struct wire *wire, bool level)
{
	if (wire->set)
		wire->set(wire->context, wire->number, level);
}

/* Guest-physical memory, for chips that are bus masters. False, and nothing copied, when any byte
 * of [at, at + length) is not RAM. An aligned access of two bytes is whole for the guest's CPUs. */
struct device_memory {
	void *context;
	bool (*read)(void *context, uint64_t at, void *to, uint64_t length);
	bool (*write)(void *context, uint64_t at, const void *from, uint64_t length);
};

/* How a board reaches a chip. `offset` is into the window it is seen through (device/bus.h);
 * `width` is 1, 2, 4 or 8 bytes, never more than the window's `widest`; bits of a value beyond the
 * width are zero. A function that is null does nothing; a null read reads ones. */
struct chip_ops {
	const char *name;
	uint64_t (*read)(void *chip, uint64_t offset, unsigned width);
	void (*write)(void *chip, uint64_t offset, unsigned width, uint64_t value);
	/* Brings the chip up to `now`: counts, and drives its wires. */
	void (*advance)(void *chip, device_time now);
	/* When advance() has something to do next if nobody touches the chip; DEVICE_NEVER. Where that is. */
	device_time (*next)(const void *chip);
	/* Where the chip says that it is idle: as time passes nothing happens in it, and who reads it need not
	 * have told it the time, nor ask next() afterwards. Null: it never does. Only with next(). */
	const bool *(*idle)(const void *chip);
	/* The state after power-on or RESET#; wires and connections stay. */
	void (*reset)(void *chip);
};

#endif
