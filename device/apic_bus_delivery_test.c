/* What becomes of a message: who takes what, who is told, and the readiest of several. */
#include "tests/host/many_lapics.h"

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
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(who_is_disabled_takes_what),
		TEST(extint_is_posted),
		TEST(one_notification_until_it_is_seen),
		TEST(lowest_priority_finds_the_readiest),
		TEST(equals_take_turns),
		TEST(an_empty_bus_takes_nothing),
		TEST(an_ipi_all_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
