/* A bus: which chip answers at which address. One for I/O ports, one for memory-mapped registers.
 * Accesses wider than a chip takes are split into its widest, in ascending order, and so is one
 * that crosses a window's edge; where no chip answers, reads are ones and writes go nowhere, as on
 * a PC. Pure; the caller serialises. */
#ifndef DEVICE_BUS_H
#define DEVICE_BUS_H

#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define BUS_WINDOWS    96
#define BUS_ROUTE_BITS 5
#define BUS_ROUTES     (1 << BUS_ROUTE_BITS)

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

/* A window of a chip that has all of its windows at the same places in every machine. */
struct bus_place {
	uint32_t first, length;
	uint16_t offset;
	uint8_t widest;
};

struct bus_route;

/* How a board carries out an access that it knows. */
typedef void (*bus_answer)(uint64_t *value, const struct bus_route *route, void *board);

/* Where an access goes, when one chip takes it whole, or nobody does. */
struct bus_route {
	uint64_t key; /* what it is known by; BUS_NO_KEY: the row is empty */
	void *chip;
	uint64_t offset; /* what the chip sees */
	/* The chip's, never null. */
	uint64_t (*read)(void *chip, uint64_t offset, unsigned width);
	void (*write)(void *chip, uint64_t offset, unsigned width, uint64_t value);
	uint32_t width;
	bool timed; /* it wants to be told the time before */
	/* The board's own; null at first. */
	void *note;
	bus_answer answer;
} aligned_to(64);

#define BUS_NO_KEY UINT64_MAX

struct bus {
	unsigned count;
	struct bus_window windows[BUS_WINDOWS]; /* sorted, disjoint */
	/* Guests reach for the same few registers all the time: those found last, each in the one row that
	 * its address may have. Forgotten when a window comes or goes. */
	struct bus_route routes[BUS_ROUTES];
};

/* InvalidInput with both names when the window is empty, wraps or overlaps another; NoMemory when
 * the bus is full. */
enum error bus_add(struct bus *bus, const struct bus_window *window, struct reason *why) must_check;

/* The same for all the places of a chip: all or none. */
enum error bus_attach(struct bus *bus, const struct bus_place *places, unsigned count,
		      const struct chip_ops *ops, void *chip, struct reason *why) must_check;

/* Takes away every window of `chip`, as when a BAR moves. */
void bus_remove(struct bus *bus, const void *chip);

/* The window that holds `at`, or null. */
const struct bus_window *bus_find(const struct bus *bus, uint64_t at);

/* A key for accesses of which nothing but these is told. */
static inline uint64_t bus_key(uint64_t at, unsigned width)
{
	return at * 8 + width; /* not 0, as none is 0 bytes wide, nor the same for any two */
}

/* Multiplicative hashing, by the golden ratio: ports next to one another, and registers of chips some
 * MiB apart, come to lie in different rows. */
static inline struct bus_route *bus_route_row(struct bus *bus, uint64_t key)
{
	uint64_t row = (uint32_t)key * 0x9e3779b1u >> (32 - BUS_ROUTE_BITS);

	/* As an index into the array it would be two steps more. */
	return (struct bus_route *)((uint8_t *)bus->routes + row * sizeof(struct bus_route));
}

/* The route of an access, if it was found lately: nearly always. Else null. */
static inline struct bus_route *bus_known_route(struct bus *bus, uint64_t key)
{
	struct bus_route *route = bus_route_row(bus, key);

	return likely(route->key == key) ? route : NULL;
}

/* Looks for that of `width` bytes at `at`, and keeps it by `key`, which is bus_key() or, all over the bus, what
 * the caller has instead: two accesses that differ in place or width have two keys, and none has BUS_NO_KEY. A
 * key of 0 may be asked for as soon as the bus has had a window. Null: the access is to be split. A route
 * holds until the next is looked for or a window comes or goes, which may happen from within the access itself. */
struct bus_route *bus_find_route(struct bus *bus, uint64_t key, uint64_t at, unsigned width);

/* None is known any more. */
void bus_forget_routes(struct bus *bus);

/* `width` 1, 2, 4 or 8. Calls advance(now) of each chip before it is accessed. */
void bus_access(struct bus *bus, device_time now, uint64_t at, unsigned width, bool in,
		uint64_t *value);

static inline uint64_t bus_read(struct bus *bus, device_time now, uint64_t at, unsigned width)
{
	uint64_t value = 0;

	bus_access(bus, now, at, width, true, &value);
	return value;
}

static inline void bus_write(struct bus *bus, device_time now, uint64_t at, unsigned width,
			     uint64_t value)
{
	bus_access(bus, now, at, width, false, &value);
}

#endif
