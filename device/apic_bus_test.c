/* Who receives a message: destinations of every kind, receivers in every mode. */
#include "tests/host/many_lapics.h"

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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(physical_destinations),
		TEST(places_say_what_a_search_finds),
		TEST(flat_logical_destinations),
		TEST(cluster_logical_destinations),
		TEST(x2apic_destinations),
		TEST(mixed_receivers),
		TEST(shorthands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
