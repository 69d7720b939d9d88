/* Receivers of an interrupt message, one after the other, or the readiest of them. */
#include "device/apic_bus.h"

#include "device/vlapic_internal.h"

static bool is_meant(const struct apic_bus *bus, unsigned i, const struct vlapic *from,
		     const struct apic_message *message)
{
	const struct vlapic *to = bus->lapics[i];

	switch (message->shorthand) {
	case APIC_SELF:
		return to == from;
	case APIC_ALL:
		return vlapic_mode(to) != VLAPIC_DISABLED;
	case APIC_ALL_BUT_SELF:
		return to != from && vlapic_mode(to) != VLAPIC_DISABLED;
	default:
		return vlapic_matches(to, message);
	}
}

/* NMI, INIT, SMI and start-up reach an APIC that software has disabled: "Local APIC State After It
 * Has Been Software Disabled". */
static bool needs_enabled(enum apic_delivery delivery)
{
	return delivery == APIC_FIXED || delivery == APIC_LOWEST_PRIORITY ||
	       delivery == APIC_EXTINT;
}

static bool takes(const struct apic_bus *bus, unsigned i, const struct vlapic *from,
		  const struct apic_message *message)
{
	return is_meant(bus, i, from, message) &&
	       (!needs_enabled(message->delivery) || vlapic_accepts_fixed(bus->lapics[i]));
}

static void deliver(struct apic_bus *bus, unsigned i, const struct apic_message *message)
{
	bool tell;

	switch (message->delivery) {
	case APIC_FIXED:
	case APIC_LOWEST_PRIORITY:
		tell = vlapic_post(bus->lapics[i], message->vector, message->level_triggered);
		break;
	case APIC_EXTINT:
		tell = vlapic_post_extint(bus->lapics[i]);
		break;
	default:
		bus->deliver(bus->context, i, message);
		return;
	}
	if (tell)
		bus->notify(bus->context, i);
}

/* The readiest; of several equals, the next in turn. `count` when nobody takes it. */
static unsigned arbitrate(struct apic_bus *bus, const struct vlapic *from,
			  const struct apic_message *message)
{
	unsigned start = __atomic_fetch_add(&bus->turn, 1, __ATOMIC_RELAXED) % bus->count;
	unsigned best = bus->count, best_class = 0;

	for (unsigned n = 0; n < bus->count; n++) {
		unsigned i = (start + n) % bus->count, class;

		if (!takes(bus, i, from, message))
			continue;
		class = vlapic_arbitration_class(bus->lapics[i]);
		if (best == bus->count || class < best_class) {
			best = i;
			best_class = class;
		}
	}
	return best;
}

/* An ordinary interrupt for one processor by its id: what nearly all messages are. */
static bool is_for_one(const struct apic_bus *bus, const struct apic_message *message)
{
	return message->delivery == APIC_FIXED && message->shorthand == APIC_NO_SHORTHAND &&
	       !message->logical &&
	       message->destination < __atomic_load_n(&bus->in_order, __ATOMIC_RELAXED);
}

static bool send_to_one(struct apic_bus *bus, const struct apic_message *message)
{
	struct vlapic *to = bus->lapics[message->destination];

	if (!vlapic_takes_fixed(to))
		return false;
	if (vlapic_post(to, message->vector, message->level_triggered))
		bus->notify(bus->context, message->destination);
	return true;
}

static noinline_fn bool send_by_search(struct apic_bus *bus, const struct vlapic *from,
				       const struct apic_message *message)
{
	bool taken = false;

	if (message->delivery == APIC_LOWEST_PRIORITY) {
		unsigned i = bus->count ? arbitrate(bus, from, message) : 0;

		if (i == bus->count)
			return false;
		deliver(bus, i, message);
		return true;
	}
	for (unsigned i = 0; i < bus->count; i++) {
		if (!takes(bus, i, from, message))
			continue;
		deliver(bus, i, message);
		taken = true;
	}
	return taken;
}

bool apic_bus_send(struct apic_bus *bus, const struct vlapic *from,
		   const struct apic_message *message)
{
	if (likely(is_for_one(bus, message)))
		return send_to_one(bus, message);
	return send_by_search(bus, from, message);
}

void apic_bus_numbered(struct apic_bus *bus)
{
	/* A processor in xAPIC mode shows eight bits of its id, and the last is everybody's. */
	__atomic_store_n(&bus->in_order, bus->count <= APIC_NARROW_BROADCAST ? bus->count : 0,
			 __ATOMIC_RELAXED);
}

void apic_bus_renumbered(struct apic_bus *bus)
{
	__atomic_store_n(&bus->in_order, 0, __ATOMIC_RELAXED);
}
