/* A bus: which chip answers at which address. One for I/O ports, one for memory-mapped registers.
 * Accesses wider than a chip takes are split into its widest, in ascending order, and so is one
 * that crosses a window's edge; where no chip answers, reads are ones and writes go nowhere, as on
 * a PC. Pure; the caller serialises. */
#ifndef DEVICE_BUS_H
#define DEVICE_BUS_H

#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define BUS_WINDOWS 96
#define BUS_FOUND   16 /* a power of two */

struct bus_window {
	uint64_t first, length;
	uint64_t offset; /* what the chip sees for `first` */
	/* 1, 2, 4 or 8. When it is more than `length`, an access of that width at `first` is the chip's as
	 * a whole, although others answer behind the window (a doubleword at 0xCF8: 0xCF9 is another
	 * register). */
	uint8_t widest;
	const struct chip_ops *ops;
	void *chip;
};

struct bus {
	unsigned count;
	struct bus_window windows[BUS_WINDOWS]; /* sorted, disjoint */
	/* Where to look first: the window that was found last for an address like this one. */
	uint8_t found[BUS_FOUND];
};

/* InvalidInput with both names when the window is empty, wraps or overlaps another; NoMemory when
 * the bus is full. */
enum error bus_add(struct bus *bus, const struct bus_window *window, struct reason *why) must_check;

/* The same for all windows of `chip` (which those of the table need not name): all or none. */
enum error bus_add_all(struct bus *bus, const struct bus_window *windows, unsigned count,
		       void *chip, struct reason *why) must_check;

/* Takes away every window of `chip`, as when a BAR moves. */
void bus_remove(struct bus *bus, const void *chip);

/* The window that holds `at`, or null. */
const struct bus_window *bus_find(const struct bus *bus, uint64_t at);
/* The same for an access to come: where accesses went last is looked at first. */
const struct bus_window *bus_reach(struct bus *bus, uint64_t at);

/* Is the access one that this window's chip takes whole? */
static inline bool bus_takes_whole(const struct bus_window *window, uint64_t at, unsigned width)
{
	return width <= window->widest && at + width <= window->first + window->length;
}

/* `width` 1, 2, 4 or 8. Calls advance(now) of each chip before it is accessed. */
uint64_t bus_read(struct bus *bus, device_time now, uint64_t at, unsigned width);
void bus_write(struct bus *bus, device_time now, uint64_t at, unsigned width, uint64_t value);

#endif
