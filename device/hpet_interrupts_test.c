/* How the interrupts of an HPET arrive, by its specification: levels and edges, routes, legacy replacement
 * and messages. */
#include "tests/host/one_hpet.h"

static void levels_last_until_they_are_cleared(void **state)
{
	start_periodic(1, LEVEL | ROUTE(22), 100, 100);
	go_to(100 * TICK);
	assert_true(pins[22]);
	assert_int_equal(get(STATUS), 2);
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
	go_to(250 * TICK);
	assert_int_equal(edges[22], 1);
	assert_int_equal(hpet.missed, 1); /* came while nobody had cleared the last */
	set(STATUS, 1);                   /* another timer's */
	assert_true(pins[22]);
	set(STATUS, 2);
	assert_false(pins[22]);
	assert_true(hpet_ops.next(&hpet) == 300 * TICK);
	go_to(300 * TICK);
	assert_true(pins[22]);
	set(CONFIG, 0);
	assert_false(pins[22]);
	set(CONFIG, 1);
	assert_true(pins[22]);
}

static void status_needs_no_interrupt(void **state)
{
	set(TIMER(2), LEVEL | ROUTE(23));
	set(VALUE(2), 10);
	set(CONFIG, 1);
	go_to(20 * TICK);
	assert_false(pins[23]);
	assert_int_equal(get(STATUS), 4);
	set(TIMER(2), LEVEL | INTERRUPT | ROUTE(23));
	assert_true(pins[23]);
	set(TIMER(2), LEVEL | INTERRUPT | ROUTE(21)); /* another pin */
	assert_false(pins[23]);
	assert_true(pins[21]);
}

static void timers_may_share_a_level(void **state)
{
	for (unsigned n = 0; n < 2; n++) {
		set(TIMER(n), LEVEL | INTERRUPT | ROUTE(20));
		set(VALUE(n), 10);
	}
	set(CONFIG, 1);
	go_to(10 * TICK);
	set(STATUS, 1);
	assert_true(pins[20]);
	set(STATUS, 2);
	assert_false(pins[20]);
}

static void routes_that_are_not_to_be_had(void **state)
{
	set(TIMER(0), INTERRUPT | ROUTE(5));
	assert_int_equal(get(TIMER(0)) & ROUTE(31), 0);
	set(TIMER(0), INTERRUPT | ROUTE(23));
	set(TIMER(0), INTERRUPT | ROUTE(24));
	assert_int_equal(get(TIMER(0)) & ROUTE(31), ROUTE(23));
	set(TIMER(1), INTERRUPT); /* none */
	set(VALUE(1), 1);
	set(CONFIG, 1);
	go_to(100);
	for (unsigned pin = 0; pin < ARRAY_SIZE(pins); pin++)
		assert_int_equal(edges[pin], 0);
}

static void legacy_replacement_takes_the_wires(void **state)
{
	hpet_set_legacy(&hpet, HPET_LEGACY_PIT, true);
	hpet_set_legacy(&hpet, HPET_LEGACY_RTC, true);
	hpet_set_legacy(&hpet, 2, true); /* no such source */
	assert_true(irq0 && irq8);
	set(CONFIG, 3);
	assert_false(irq0 || irq8);
	hpet_set_legacy(&hpet, HPET_LEGACY_PIT, false);
	hpet_set_legacy(&hpet, HPET_LEGACY_PIT, true);
	assert_false(irq0);
	irq0_edges = 0;
	start_periodic(0, ROUTE(20), 100, 100);
	for (unsigned i = 1; i <= 5; i++) {
		go_to(hpet_ops.next(&hpet));
		assert_int_equal(irq0_edges, i);
		assert_true(irq0); /* an 8259 wants it to last */
	}
	assert_int_equal(edges[20], 0);
	set(TIMER(1), INTERRUPT | LEVEL);
	set(VALUE(1), 1000);
	go_to(1000 * TICK);
	assert_true(irq8);
	set(STATUS, 2);
	assert_false(irq8);
	set(CONFIG, 1); /* the clock and the 8254 have them again, as they are now */
	assert_true(irq0 && irq8);
	hpet_set_legacy(&hpet, HPET_LEGACY_RTC, false);
	assert_false(irq8);
}

static void messages_go_past_the_pins(void **state)
{
	set(MESSAGE(0), 0xfee0100000004031);
	start_periodic(0, MESSAGES | ROUTE(20), 10, 10);
	go_to(10 * TICK);
	go_to(20 * TICK);
	assert_int_equal(messages, 2);
	assert_true(message_address == 0xfee01000);
	assert_int_equal(message_data, 0x4031);
	assert_int_equal(edges[20], 0);
	assert_false(hpet_sends_unmaskable(&hpet));
	set(MESSAGE(0), 0xfee0100000000431); /* an NMI */
	assert_true(hpet_sends_unmaskable(&hpet));
	set(TIMER(0), MESSAGES); /* no interrupts */
	assert_false(hpet_sends_unmaskable(&hpet));
	go_to(100 * TICK);
	assert_int_equal(messages, 2);
}

static void reset_lets_go(void **state)
{
	set(TIMER(0), LEVEL | INTERRUPT | ROUTE(20));
	set(VALUE(0), 10);
	set(CONFIG, 3);
	hpet_set_legacy(&hpet, HPET_LEGACY_RTC, true);
	set(CONFIG, 1);
	go_to(10 * TICK);
	assert_true(pins[20]);
	hpet_ops.reset(&hpet);
	assert_false(pins[20]);
	assert_true(irq8);
	assert_int_equal(get(COUNTER), 0);
	assert_true(get(VALUE(0)) == UINT64_MAX);
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, power_on)
	const struct CMUnitTest tests[] = {
		TEST(levels_last_until_they_are_cleared),
		TEST(status_needs_no_interrupt),
		TEST(timers_may_share_a_level),
		TEST(routes_that_are_not_to_be_had),
		TEST(legacy_replacement_takes_the_wires),
		TEST(messages_go_past_the_pins),
		TEST(reset_lets_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
