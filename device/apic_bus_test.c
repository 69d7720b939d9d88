/* Who receives a message: destinations of every kind, receivers in every mode, arbitration. */
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

static void notify(void *context, unsigned lapic)
{
	assert_ptr_equal(context, &bus);
	notified |= 1u << lapic;
}

static void deliver(void *context, unsigned lapic, const struct apic_message *message)
{
	assert_ptr_equal(context, &bus);
	delivered |= 1u << lapic;
	last = *message;
}

/* ICR writes go to the bus, as on a board. */
static void send_icr(void *context, struct vlapic *from, const struct apic_message *message)
{
	apic_bus_send(&bus, from, message);
}

static void ignore_eoi(void *context, struct vlapic *lapic, uint8_t vector)
{
}

static void ignore_timer(void *context, struct vlapic *lapic)
{
}

static void renumbered(void *context, struct vlapic *lapic)
{
	apic_bus_renumbered(&bus);
}

static void ignore_local(void *context, struct vlapic *lapic, enum apic_delivery delivery)
{
}

static uint8_t extint(void *context, struct vlapic *lapic)
{
	return 0x20;
}

static const struct vlapic_connections connections = {
	send_icr, ignore_eoi, ignore_timer, renumbered, ignore_local, extint,
};

/* Six software-enabled APICs with ids 0 to 5. */
static int setup(void **state)
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

static void to_x2apic(unsigned i)
{
	assert_true(vlapic_set_base(&lapics[i], 0xfee00c00));
}

/* Which APICs have the vector requested; takes it out again. */
static uint32_t receivers(void)
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

static uint32_t send(struct apic_message message, const struct vlapic *from)
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

static uint32_t physical(uint32_t destination, bool wide)
{
	return send((struct apic_message) { .destination = destination, .wide = wide }, NULL);
}

static uint32_t logical(uint32_t destination, bool wide)
{
	return send(
		(struct apic_message) { .destination = destination, .wide = wide, .logical = true },
		NULL);
}

static void physical_destinations(void **state)
{
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(physical(i, false), 1u << i);
	assert_int_equal(physical(COUNT, false), 0);
	assert_int_equal(physical(0xff, false), 0x3f);
	assert_int_equal(physical(0xffffffff, true), 0x3f);
	assert_int_equal(physical(0x100, true), 0);
	/* A rewritten id counts. */
	vlapic_write(&lapics[2], VLAPIC_ID, 4, 0x77000000);
	assert_int_equal(physical(0x77, false), 1u << 2);
	assert_int_equal(physical(2, false), 0);
}

/* What finds a single receiver by its place sends whatever the search would: random messages to APICs
 * in all modes, off and software-disabled ones among them, some of them renumbered. */
static void places_say_what_a_search_finds(void **state)
{
	uint32_t seed = 1;

	for (unsigned round = 0; round < 20000; round++) {
		uint32_t random = seed = seed * 1664525u + 1013904223u;
		unsigned i = random >> 8 & 7;
		struct apic_message message = {
			.destination = random >> 12 & 15 ? random >> 16 & 7 : 0xff,
			.wide = random >> 20 & 1,
			.logical = !(random >> 21 & 7),
			.shorthand = (enum apic_shorthand)(random >> 24 & 7 ? 0 : random >> 27 & 3),
		};
		unsigned in_order;
		uint32_t found;

		if (round % 64 == 0)
			setup(state);
		if (i < COUNT && round % 8 == 0)
			vlapic_write(&lapics[i], VLAPIC_SVR, 4, random >> 29 & 1 ? 0xff : 0x1ff);
		if (i < COUNT && round % 16 == 1)
			vlapic_set_base(&lapics[i], random >> 29 & 1 ? 0xfee00c00 : 0xfee00000);
		if (i < COUNT && round % 64 > 32 && vlapic_mode(&lapics[i]) == VLAPIC_XAPIC)
			vlapic_write(&lapics[i], VLAPIC_ID, 4, (random >> 28 & 7) << 24);
		found = send(message, &lapics[0]);
		in_order = bus.in_order;
		bus.in_order = 0;
		assert_int_equal(send(message, &lapics[0]), found);
		bus.in_order = in_order;
	}
}

/* "Flat Model": each bit a processor, here two on one bit. */
static void flat_logical_destinations(void **state)
{
	for (unsigned i = 0; i < COUNT; i++)
		vlapic_write(&lapics[i], VLAPIC_LDR, 4, 0x01000000u << (i == 5 ? 4 : i));
	assert_int_equal(logical(0x01, false), 0x01);
	assert_int_equal(logical(0x06, false), 0x06);
	assert_int_equal(logical(0x10, false), 0x30);
	assert_int_equal(logical(0x20, false), 0);
	assert_int_equal(logical(0x00, false), 0);
	assert_int_equal(logical(0xff, false), 0x3f);
}

/* "Cluster Model": four bits of cluster number, four of members. */
static void cluster_logical_destinations(void **state)
{
	static const uint8_t ids[COUNT] = { 0x01, 0x02, 0x11, 0x12, 0x14, 0xe1 };

	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_write(&lapics[i], VLAPIC_DFR, 4, 0x0fffffff);
		vlapic_write(&lapics[i], VLAPIC_LDR, 4, (uint32_t)ids[i] << 24);
	}
	assert_int_equal(logical(0x01, false), 0x01);
	assert_int_equal(logical(0x03, false), 0x03);
	assert_int_equal(logical(0x13, false), 0x0c);
	assert_int_equal(logical(0x1f, false), 0x1c);
	assert_int_equal(logical(0xe1, false), 0x20);
	assert_int_equal(logical(0xf1, false), 0);
	assert_int_equal(logical(0xff, false), 0x3f);
	/* A model that is neither matches nobody. */
	vlapic_write(&lapics[0], VLAPIC_DFR, 4, 0x7fffffff);
	assert_int_equal(logical(0x01, false), 0);
}

static void x2apic_destinations(void **state)
{
	lapics[5].id = 0x12; /* cluster 1, bit 2 */
	for (unsigned i = 0; i < COUNT; i++)
		to_x2apic(i);
	assert_int_equal(physical(3, true), 1u << 3);
	assert_int_equal(physical(0x12, true), 1u << 5);
	assert_int_equal(physical(0xff, true), 0);
	assert_int_equal(physical(0xffffffff, true), 0x3f);
	assert_int_equal(logical(0x00000015, true), 0x15);
	assert_int_equal(logical(0x00010004, true), 0x20);
	assert_int_equal(logical(0x0001ffff, true), 0x20);
	assert_int_equal(logical(0x00020004, true), 0);
	assert_int_equal(logical(0xffffffff, true), 0x3f);
	/* Eight bits of an I/O APIC or a device. */
	assert_int_equal(physical(4, false), 1u << 4);
	assert_int_equal(physical(0xff, false), 0x3f);
	assert_int_equal(logical(0x0a, false), 0x0a);
}

static void mixed_receivers(void **state)
{
	for (unsigned i = 0; i < 3; i++)
		to_x2apic(i);
	for (unsigned i = 3; i < COUNT; i++)
		vlapic_write(&lapics[i], VLAPIC_LDR, 4, 0x01000000u << i);
	assert_int_equal(physical(1, false), 1u << 1);
	assert_int_equal(physical(1, true), 1u << 1);
	assert_int_equal(physical(4, true), 1u << 4);
	assert_int_equal(physical(0xff, false), 0x3f);
	assert_int_equal(physical(0xffffffff, true), 0x3f);
	assert_int_equal(physical(0x104, true), 0);
	assert_int_equal(logical(0x1c, true), 0x1c);
	assert_int_equal(logical(0x100, true), 0);
}

static void shorthands(void **state)
{
	struct apic_message m = { .shorthand = APIC_ALL, .destination = 3 };

	assert_int_equal(send(m, &lapics[2]), 0x3f);
	m.shorthand = APIC_ALL_BUT_SELF;
	assert_int_equal(send(m, &lapics[2]), 0x3b);
	m.shorthand = APIC_SELF;
	assert_int_equal(send(m, &lapics[2]), 0x04);
	m.shorthand = APIC_NO_SHORTHAND;
	assert_int_equal(send(m, &lapics[2]), 0x08);
}

/* "Local APIC State After It Has Been Software Disabled", and a disabled one. */
static void who_is_disabled_takes_what(void **state)
{
	struct apic_message all = { .destination = 0xff };

	vlapic_write(&lapics[1], VLAPIC_SVR, 4, 0xff);
	assert_true(vlapic_set_base(&lapics[4], 0xfee00000));
	assert_int_equal(send(all, NULL), 0x2d);
	all.shorthand = APIC_ALL;
	assert_int_equal(send(all, &lapics[0]), 0x2d);
	for (unsigned mode = APIC_SMI; mode <= APIC_START_UP; mode++) {
		if (mode == APIC_RESERVED_3)
			continue;
		delivered = 0;
		all.delivery = (enum apic_delivery)mode;
		all.vector = 0x9a;
		assert_true(apic_bus_send(&bus, &lapics[0], &all));
		assert_int_equal(delivered, 0x2f);
		assert_int_equal(last.delivery, mode);
		assert_int_equal(last.vector, 0x9a);
		assert_int_equal(receivers(), 0);
	}
	all = (struct apic_message) { .delivery = APIC_NMI, .destination = 4 };
	assert_false(apic_bus_send(&bus, NULL, &all));
	all.destination = 1;
	assert_true(apic_bus_send(&bus, NULL, &all));
	all.destination = 0xff;
	delivered = 0;
	assert_true(apic_bus_send(&bus, NULL, &all));
	assert_int_equal(delivered, 0x2f);
	assert_int_equal(physical(1, false), 0);
	assert_int_equal(physical(4, false), 0);
}

static void extint_is_posted(void **state)
{
	assert_int_equal(
		send((struct apic_message) { .delivery = APIC_EXTINT, .destination = 2 }, NULL),
		0x04);
}

static void one_notification_until_it_is_seen(void **state)
{
	struct apic_message m = { .vector = VECTOR, .destination = 1 };

	assert_true(apic_bus_send(&bus, NULL, &m));
	assert_int_equal(notified, 0x02);
	notified = 0;
	m.vector = 0x61;
	assert_true(apic_bus_send(&bus, NULL, &m));
	assert_int_equal(notified, 0);
	assert_int_equal(receivers(), 0x02);
}

static uint32_t lowest(uint32_t destination)
{
	return send((struct apic_message) { .delivery = APIC_LOWEST_PRIORITY,
					    .logical = true,
					    .destination = destination },
		    NULL);
}

static void lowest_priority_finds_the_readiest(void **state)
{
	static const uint8_t task_priorities[COUNT] = { 0x50, 0x40, 0x31, 0x60, 0x20, 0x70 };

	for (unsigned i = 0; i < COUNT; i++) {
		vlapic_write(&lapics[i], VLAPIC_LDR, 4, 0x01000000u << i);
		vlapic_set_priority(&lapics[i], task_priorities[i] >> 4);
	}
	for (unsigned again = 0; again < 10; again++) {
		assert_int_equal(lowest(0x3f), 1u << 4);
		assert_int_equal(lowest(0x0f), 1u << 2);
		assert_int_equal(lowest(0x03), 1u << 1);
	}
	assert_int_equal(lowest(0x40), 0);
	/* One that serves an interrupt is as busy as that one's class. */
	vlapic_post(&lapics[4], 0xa0, false);
	assert_int_equal(vlapic_acknowledge(&lapics[4]), 0xa0);
	assert_int_equal(lowest(0x3f), 1u << 2);
	/* A disabled one does not compete. */
	vlapic_write(&lapics[2], VLAPIC_SVR, 4, 0xff);
	assert_int_equal(lowest(0x3f), 1u << 1);
}

static void equals_take_turns(void **state)
{
	unsigned turns[COUNT] = { 0 };

	for (unsigned i = 0; i < COUNT; i++)
		vlapic_write(&lapics[i], VLAPIC_LDR, 4, 0x01000000u << i);
	for (unsigned n = 0; n < 10 * COUNT; n++)
		turns[__builtin_ctz(lowest(0x3f))]++;
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(turns[i], 10);
}

static void an_empty_bus_takes_nothing(void **state)
{
	struct apic_message m = { .vector = VECTOR, .destination = 0xff };

	bus.count = 0;
	assert_false(apic_bus_send(&bus, NULL, &m));
	m.delivery = APIC_LOWEST_PRIORITY;
	assert_false(apic_bus_send(&bus, NULL, &m));
}

/* From one guest's ICR to another's handler. */
static void an_ipi_all_the_way(void **state)
{
	vlapic_write(&lapics[0], VLAPIC_ICR_HIGH, 4, 0x03000000);
	vlapic_write(&lapics[0], VLAPIC_ICR, 4, 0x4000 | VECTOR);
	assert_int_equal(receivers(), 0x08);
	vlapic_write(&lapics[1], VLAPIC_ICR, 4, 0xc4000 | VECTOR);
	assert_int_equal(receivers(), 0x3d);
	to_x2apic(2);
	assert_true(vlapic_msr_write(&lapics[2], 0x830, 0x0000000100000000 | VECTOR));
	assert_int_equal(receivers(), 0x02);
	/* INIT and start-up, as a bootstrap processor sends them. */
	vlapic_write(&lapics[0], VLAPIC_ICR, 4, 0xc4500);
	assert_int_equal(delivered, 0x3e);
	assert_int_equal(last.delivery, APIC_INIT);
	delivered = 0;
	vlapic_write(&lapics[0], VLAPIC_ICR, 4, 0xc8500);
	assert_int_equal(delivered, 0);
	vlapic_write(&lapics[0], VLAPIC_ICR, 4, 0xc4608);
	assert_int_equal(delivered, 0x3e);
	assert_int_equal(last.vector, 0x08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(physical_destinations, setup),
		cmocka_unit_test_setup(places_say_what_a_search_finds, setup),
		cmocka_unit_test_setup(flat_logical_destinations, setup),
		cmocka_unit_test_setup(cluster_logical_destinations, setup),
		cmocka_unit_test_setup(x2apic_destinations, setup),
		cmocka_unit_test_setup(mixed_receivers, setup),
		cmocka_unit_test_setup(shorthands, setup),
		cmocka_unit_test_setup(who_is_disabled_takes_what, setup),
		cmocka_unit_test_setup(extint_is_posted, setup),
		cmocka_unit_test_setup(one_notification_until_it_is_seen, setup),
		cmocka_unit_test_setup(lowest_priority_finds_the_readiest, setup),
		cmocka_unit_test_setup(equals_take_turns, setup),
		cmocka_unit_test_setup(an_empty_bus_takes_nothing, setup),
		cmocka_unit_test_setup(an_ipi_all_the_way, setup),
	};

	return cmocka_run_group_tests_name("apic_bus", tests, NULL, NULL);
}
