/* A sorted array of windows, searched by halving, and what was found there. */
#include "device/bus.h"

#include "lib/bits.h"

#define BYTE_BITS 8

static const struct chip_ops nobody;

static uint64_t window_end(const struct bus_window *w)
{
	return w->first + w->length;
}

/* The number of the first window that ends behind `at`. */
static unsigned find(const struct bus *bus, uint64_t at)
{
	unsigned low = 0, high = bus->count;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (window_end(&bus->windows[middle]) <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bus_forget_routes(struct bus *bus)
{
	for (unsigned i = 0; i < BUS_ROUTES; i++)
		bus->routes[i].key = BUS_NO_KEY;
}

enum error bus_add(struct bus *bus, const struct bus_window *window, struct reason *why)
{
	unsigned at = find(bus, window->first);

	if (!range_is_valid(window->first, window->length) || !window_end(window))
		return reason_set(why, ERROR_INVALID_INPUT, "%s: no window of 0x%lx bytes at 0x%lx",
				  window->ops->name, window->length, window->first);
	if (at < bus->count && bus->windows[at].first < window_end(window))
		return reason_set(why, ERROR_INVALID_INPUT, "%s at 0x%lx overlaps %s at 0x%lx",
				  window->ops->name, window->first, bus->windows[at].ops->name,
				  bus->windows[at].first);
	if (bus->count == BUS_WINDOWS)
		return reason_set(why, ERROR_NO_MEMORY, "%s: the bus has %u windows already",
				  window->ops->name, BUS_WINDOWS);
	for (unsigned i = bus->count++; i > at; i--)
		bus->windows[i] = bus->windows[i - 1];
	bus->windows[at] = *window;
	bus_forget_routes(bus);
	return ERROR_NONE;
}

enum error bus_attach(struct bus *bus, const struct bus_place *places, unsigned count,
		      const struct chip_ops *ops, void *chip, struct reason *why)
{
	for (unsigned i = 0; i < count; i++) {
		const struct bus_window window = {
			.first = places[i].first,
			.length = places[i].length,
			.offset = places[i].offset,
			.widest = places[i].widest,
			.ops = ops,
			.chip = chip,
		};
		enum error error = bus_add(bus, &window, why);

		if (error) {
			bus_remove(bus, chip);
			return error;
		}
	}
	return ERROR_NONE;
}

void bus_remove(struct bus *bus, const void *chip)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < bus->count; i++)
		if (bus->windows[i].chip != chip)
			bus->windows[kept++] = bus->windows[i];
	bus->count = kept;
	bus_forget_routes(bus);
}

static bool holds(const struct bus_window *w, uint64_t at)
{
	return at - w->first < w->length;
}

const struct bus_window *bus_find(const struct bus *bus, uint64_t at)
{
	unsigned n = find(bus, at);

	return n < bus->count && holds(&bus->windows[n], at) ? &bus->windows[n] : NULL;
}

/* Is the access one that this window's chip takes whole? The window holds `at`. */
static bool takes_whole(const struct bus_window *window, uint64_t at, unsigned width)
{
	if (at == window->first && width == window->widest)
		return true;
	return width <= window->widest && width <= window_end(window) - at;
}

static uint64_t read_ones(void *chip, uint64_t offset, unsigned width)
{
	return BITS(width * BYTE_BITS - 1, 0);
}

static void write_nowhere(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
}

struct bus_route *bus_find_route(struct bus *bus, uint64_t key, uint64_t at, unsigned width)
{
	const struct bus_window *w = bus_find(bus, at);
	const struct chip_ops *ops = w ? w->ops : &nobody;
	struct bus_route *route = bus_route_row(bus, key);

	/* Of a wider access some bytes may be answered although the first is not. */
	if (w ? !takes_whole(w, at, width) : width != 1)
		return NULL;
	*route = (struct bus_route) {
		.key = key,
		.chip = w ? w->chip : NULL,
		.offset = w ? w->offset + (at - w->first) : 0,
		.read = ops->read ? ops->read : read_ones,
		.write = ops->write ? ops->write : write_nowhere,
		.width = width,
		.timed = ops->advance,
	};
	return route;
}

/* One access that a chip takes whole, or a byte that nobody answers. */
struct piece {
	const struct chip_ops *ops;
	void *chip;
	uint64_t offset;
	unsigned width;
};

static struct piece next_piece(const struct bus *bus, uint64_t at, unsigned width)
{
	const struct bus_window *w = bus_find(bus, at);
	unsigned part = 1;

	if (!w)
		return (struct piece) { .ops = &nobody, .width = 1 };
	/* `width` may be what is left of an access, 3 bytes for one: only as the widest it is whole. */
	if (at == w->first && width == w->widest)
		part = width;
	while (part * 2 <= width && takes_whole(w, at, part * 2))
		part *= 2;
	return (struct piece) { w->ops, w->chip, w->offset + (at - w->first), part };
}

void bus_access(struct bus *bus, device_time now, uint64_t at, unsigned width, bool in,
		uint64_t *value)
{
	uint64_t read = 0;

	for (unsigned done = 0; done < width;) {
		struct piece p = next_piece(bus, at + done, width - done);
		unsigned shift = done * BYTE_BITS;
		uint64_t ones = BITS(p.width * BYTE_BITS - 1, 0), part = ones;

		if (p.ops->advance)
			p.ops->advance(p.chip, now);
		if (!in && p.ops->write)
			p.ops->write(p.chip, p.offset, p.width, *value >> shift & ones);
		if (in && p.ops->read)
			part = p.ops->read(p.chip, p.offset, p.width) & ones;
		read |= part << shift;
		done += p.width;
	}
	if (in)
		*value = read;
}
