/* The way of an interrupt message to the local APICs that it is meant for: physical and logical
 * destinations, shorthands, broadcast, and the choice of one among several for the lowest-priority
 * mode. Any CPU may send at any time: what is read of a receiver is read with relaxed atomics, as
 * on a real bus, where a register may change while a message is under way. SDM volume 3,
 * "Determining IPI Destination" and "Lowest Priority Delivery Mode". */
#ifndef DEVICE_APIC_BUS_H
#define DEVICE_APIC_BUS_H

#include "device/apic_message.h"
#include "device/vlapic.h"
#include "lib/types.h"

struct apic_bus {
	struct vlapic **lapics; /* constant, `count` of them, as `context` counts vCPUs */
	unsigned count;
	/* So many of the first ones have their place for an id, and no other has one of these ids: a
	 * single receiver need not be searched for. 0: nothing is known of the ids. Atomic. */
	unsigned in_order;
	/* Has its receiver look at requests that were posted: wakes its vCPU or brings it out. Not
	 * called when an earlier request still waits to be seen. */
	void (*notify)(void *context, unsigned lapic);
	/* NMI, INIT, start-up and SMI, for each receiver. */
	void (*deliver)(void *context, unsigned lapic, const struct apic_message *message);
	void *context;
	uint32_t turn; /* of the arbitration between equals; atomic */
};

/* `from` is null for a message of an I/O APIC or a device, which uses no shorthand. True when at
 * least one local APIC took it. Fixed, lowest-priority and ExtINT messages are posted at once. */
bool apic_bus_send(struct apic_bus *bus, const struct vlapic *from,
		   const struct apic_message *message);

/* All local APICs have been made, and have their places in `lapics` for ids. */
void apic_bus_numbered(struct apic_bus *bus);
/* A guest has changed the id of one. Any CPU. */
void apic_bus_renumbered(struct apic_bus *bus);

#endif
