/* Six local APICs on a bus, and who has received what was sent. */
#ifndef TESTS_HOST_MANY_LAPICS_H
#define TESTS_HOST_MANY_LAPICS_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "device/apic_bus.h"
#include "device/vlapic_internal.h"

#define COUNT  6u
#define VECTOR 0x51

static uint32_t pages[COUNT][PAGE_SIZE / sizeof(uint32_t)];
static struct vlapic lapics[COUNT];
static struct vlapic *pointers[COUNT];
static struct apic_bus bus;

static uint32_t notified, delivered; /* a bit for each local APIC */
static struct apic_message last;

static inline void notify(void *context, unsigned lapic)
{
	assert_ptr_equal(context, &bus);
	notified |= 1u << lapic;
}

static inline void deliver(void *context, unsigned lapic, const struct apic_message *message)
{
	assert_ptr_equal(context, &bus);
	delivered |= 1u << lapic;
	last = *message;
}

/* ICR writes go to the bus, as on a board. */
static inline void send_icr(void *context, struct vlapic *from, const struct apic_message *message)
{
	apic_bus_send(&bus, from, message);
}

static inline void ignore_eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
}

static inline void ignore_timer(void *context, struct vlapic *lapic)
{
}

static inline void renumbered(void *context, struct vlapic *lapic)
{
	apic_bus_renumbered(&bus);
}

static inline void ignore_local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
}

static inline uint8_t extint(void *context, struct vlapic *lapic)
{
	return 0x20;
}

static const struct vlapic_connections connections = {
	send_icr, ignore_eoi, ignore_timer, renumbered, ignore_local, extint,
};

/* Six software-enabled APICs with ids 0 to 5. */
static inline int setup(void **state)
{
	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_init(&lapics[i], pages[i], i, i == 0, &connections, NULL);
		vlapic_write(&lapics[i], VLAPIC_SVR, 4, 0x1ff);
		pointers[i] = &lapics[i];
	}
	bus = (struct apic_bus) { .lapics = pointers,
				  .count = COUNT,
				  .notify = notify,
				  .deliver = deliver,
				  .context = &bus };
	apic_bus_numbered(&bus);
	notified = delivered = 0;
	return 0;
}

static inline void to_x2apic(unsigned i)
{
	assert_true(vlapic_set_base(&lapics[i], 0xfee00c00));
}

/* Which APICs have the vector requested; takes it out again. */
static inline uint32_t receivers(void)
{
	uint32_t who = 0;

	for (unsigned i = 0; i < COUNT; i++) {
		if (vlapic_acknowledge(&lapics[i]) < 0)
			continue;
		vlapic_store(&lapics[i], VLAPIC_EOI, 0);
		who |= 1u << i;
	}
	return who;
}

static inline uint32_t send(struct apic_message message, const struct vlapic *from)
{
	bool taken;
	uint32_t who;

	if (!message.vector)
		message.vector = VECTOR;
	notified = 0;
	taken = apic_bus_send(&bus, from, &message);
	who = receivers();
	assert_int_equal(notified, who);
	assert_int_equal(taken, who != 0);
	return who;
}

static inline uint32_t physical(uint32_t destination, bool wide)
{
	return send((struct apic_message) { .destination = destination, .wide = wide }, NULL);
}

static inline uint32_t logical(uint32_t destination, bool wide)
{
	return send(
		(struct apic_message) { .destination = destination, .wide = wide, .logical = true },
		NULL);
}

#endif
