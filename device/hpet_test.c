/* The HPET against its specification: the counter, one-shot and periodic matches, levels and edges,
 * legacy replacement, messages, and a board that comes late. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/hpet.h"
#include "lib/bits.h"

#define CONFIG     0x010
#define STATUS     0x020
#define COUNTER    0x0f0
#define TIMER(n)   (0x100 + 0x20 * (n))
#define VALUE(n)   (TIMER(n) + 8)
#define MESSAGE(n) (TIMER(n) + 0x10)

#define LEVEL      0x0002
#define INTERRUPT  0x0004
#define PERIODIC   0x0008
#define SET_VALUE  0x0040
#define MODE_32    0x0100
#define ROUTE(pin) ((pin) << 9)
#define MESSAGES   0x4000
#define TICK       10 /* nanoseconds */

static struct hpet hpet;
static struct bus bus;
static struct reason why;
static device_time now;
static bool pins[32], irq0, irq8;
static unsigned edges[32], irq0_edges, messages;
static uint64_t message_address;
static uint32_t message_data;

static void set_pin(void *context, unsigned pin, bool level)
{
	edges[pin] += level && !pins[pin];
	pins[pin] = level;
}

static void send(void *context, uint64_t address, uint32_t data)
{
	message_address = address;
	message_data = data;
	messages++;
}

static void set_irq(void *context, unsigned number, bool level)
{
	bool *irq = number ? &irq8 : &irq0;

	irq0_edges += !number && level && !irq0;
	*irq = level;
}

static int power_on(void **state)
{
	const struct hpet_wires wires = {
		.set_pin = set_pin,
		.send = send,
		.irq0 = { set_irq, NULL, 0 },
		.irq8 = { set_irq, NULL, 8 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(pins); i++) {
		pins[i] = false;
		edges[i] = 0;
	}
	irq0 = irq8 = false;
	irq0_edges = messages = 0;
	now = 0;
	bus.count = 0;
	hpet_init(&hpet, &wires);
	assert_int_equal(hpet_attach(&hpet, &bus, &why), ERROR_NONE);
	return 0;
}

static uint64_t get(unsigned offset)
{
	return bus_read(&bus, now, HPET_BASE + offset, 8);
}

static void set(unsigned offset, uint64_t value)
{
	bus_write(&bus, now, HPET_BASE + offset, 8, value);
}

static void go_to(device_time at)
{
	now = at;
	hpet_ops.advance(&hpet, now);
}

static void says_what_it_is(void **state)
{
	assert_true(get(0) == (10000000ull << 32 | 0x8086a201));
	set(0, 0);
	assert_true(get(0) == (10000000ull << 32 | 0x8086a201));
	for (unsigned n = 0; n < HPET_TIMERS; n++) {
		assert_true(get(TIMER(n)) == ((uint64_t)HPET_ROUTES << 32 | 0x8030));
		assert_true(get(VALUE(n)) == UINT64_MAX);
	}
	assert_int_equal(get(TIMER(3)), 0);
	assert_int_equal(get(0x3f8), 0);
}

static void the_counter_counts_when_enabled(void **state)
{
	go_to(1000);
	assert_int_equal(get(COUNTER), 0);
	set(COUNTER, 0x1234567800);
	set(CONFIG, 1);
	go_to(now + 1000 * TICK);
	assert_true(get(COUNTER) == 0x1234567800 + 1000);
	set(CONFIG, 0);
	go_to(now + 1000 * TICK);
	assert_true(get(COUNTER) == 0x1234567800 + 1000);
	set(CONFIG, 1);
	go_to(now + NANOSECONDS);
	assert_true(get(COUNTER) == 0x1234567800 + 1000 + HPET_HZ);
}

static void halves_and_odd_places(void **state)
{
	bus_write(&bus, 0, HPET_BASE + COUNTER, 4, 0x11223344);
	bus_write(&bus, 0, HPET_BASE + COUNTER + 4, 4, 0x55667788);
	assert_true(get(COUNTER) == 0x5566778811223344);
	assert_int_equal(bus_read(&bus, 0, HPET_BASE + COUNTER + 4, 4), 0x55667788);
	assert_int_equal(bus_read(&bus, 0, HPET_BASE + COUNTER + 3, 2), 0x8811);
	set(VALUE(0), 0x99aabbcc);
	assert_true(bus_read(&bus, 0, HPET_BASE + TIMER(0) + 4, 8) ==
		    (0x99aabbccull << 32 | HPET_ROUTES));
	bus_write(&bus, 0, HPET_BASE + COUNTER + 4, 8, 0xffffffff00000001);
	assert_true(get(COUNTER) == 0x0000000111223344);
}

static void a_one_shot_matches_once(void **state)
{
	set(TIMER(0), INTERRUPT | ROUTE(20));
	set(VALUE(0), 500);
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
	set(CONFIG, 1);
	assert_true(hpet_ops.next(&hpet) == 500 * TICK);
	go_to(500 * TICK - 1);
	assert_int_equal(edges[20], 0);
	go_to(500 * TICK);
	assert_int_equal(edges[20], 1);
	assert_int_equal(get(STATUS), 0); /* edges have no status */
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
	set(VALUE(0), 700);
	go_to(hpet_ops.next(&hpet));
	assert_true(now == 700 * TICK);
	assert_int_equal(edges[20], 2);
	set(VALUE(0), 600); /* past: not before the counter has gone all round */
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
}

static void in_32_bit_mode_it_matches_each_round(void **state)
{
	set(COUNTER, 0xfffffff0);
	set(TIMER(0), INTERRUPT | ROUTE(20) | MODE_32);
	set(VALUE(0), 0xabcd00000010); /* the upper half is cut */
	assert_int_equal(get(VALUE(0)), 0x10);
	set(CONFIG, 1);
	assert_true(hpet_ops.next(&hpet) == 0x20 * TICK);
	go_to(hpet_ops.next(&hpet));
	assert_int_equal(edges[20], 1);
	assert_true(hpet_ops.next(&hpet) == (0x20 + BIT(32)) * TICK);
	go_to((0x20 + 3 * BIT(32)) * TICK);
	assert_int_equal(edges[20], 2);
	assert_int_equal(hpet.missed, 2);
}

static void start_periodic(unsigned n, uint64_t more, uint64_t first, uint64_t period)
{
	set(TIMER(n), INTERRUPT | PERIODIC | SET_VALUE | more);
	set(VALUE(n), first);
	set(VALUE(n), period);
	set(CONFIG, get(CONFIG) | 1);
}

static void a_period_comes_again_and_again(void **state)
{
	for (unsigned n = 0; n < HPET_TIMERS; n++) {
		power_on(state);
		start_periodic(n, ROUTE(21), 300, 1000);
		assert_int_equal(get(TIMER(n)) & SET_VALUE, 0);
		for (unsigned i = 0; i < 100; i++) {
			assert_int_equal(get(VALUE(n)), 300 + i * 1000);
			assert_true(hpet_ops.next(&hpet) == (300 + i * 1000) * TICK);
			go_to(hpet_ops.next(&hpet));
			assert_int_equal(edges[21], i + 1);
		}
		assert_int_equal(hpet.missed, 0);
		set(VALUE(n), 50); /* the new rate, from the next match on */
		assert_true(hpet_ops.next(&hpet) == (300 + 100 * 1000) * TICK);
		go_to(hpet_ops.next(&hpet));
		assert_true(hpet_ops.next(&hpet) == now + 50 * TICK);
	}
}

static void a_late_board_keeps_the_phase(void **state)
{
	start_periodic(0, ROUTE(20), 1000, 1000);
	go_to((7 * 1000 + 5) * TICK);
	assert_int_equal(edges[20], 1);
	assert_int_equal(hpet.missed, 6);
	assert_true(hpet_ops.next(&hpet) == 8000 * TICK);
	assert_int_equal(get(VALUE(0)), 8000);
}

static void a_period_of_zero_repeats_nothing(void **state)
{
	start_periodic(0, ROUTE(20), 100, 0);
	go_to(100 * TICK);
	assert_true(hpet_ops.next(&hpet) == DEVICE_NEVER);
	go_to(NANOSECONDS);
	assert_int_equal(edges[20], 1);
}

static void periods_wrap_with_32_bits(void **state)
{
	start_periodic(0, ROUTE(20) | MODE_32, 0x80000000, 0x80000000);
	go_to(0x80000000ull * TICK);
	assert_int_equal(get(VALUE(0)), 0);
	assert_true(hpet_ops.next(&hpet) == BIT(32) * TICK);
	go_to(BIT(32) * TICK);
	assert_int_equal(edges[20], 2);
	assert_int_equal(get(VALUE(0)), 0x80000000);
}

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

/* A 64-bit value in two halves needs the bit before each. */
static void halves_of_a_comparator(void **state)
{
	set(TIMER(0), INTERRUPT | PERIODIC | SET_VALUE | ROUTE(20));
	bus_write(&bus, now, HPET_BASE + VALUE(0), 4, 0x1000);
	set(TIMER(0), INTERRUPT | PERIODIC | SET_VALUE | ROUTE(20));
	bus_write(&bus, now, HPET_BASE + VALUE(0) + 4, 4, 0x2);
	assert_true(get(VALUE(0)) == 0x200001000);
	bus_write(&bus, now, HPET_BASE + VALUE(0) + 4, 4, 0x0); /* the period */
	assert_true(get(VALUE(0)) == 0x200001000);
	set(CONFIG, 1);
	go_to(0x200001000 * TICK);
	assert_int_equal(edges[20], 1);
	assert_true(get(VALUE(0)) == 0x200002000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(says_what_it_is, power_on),
		cmocka_unit_test_setup(the_counter_counts_when_enabled, power_on),
		cmocka_unit_test_setup(halves_and_odd_places, power_on),
		cmocka_unit_test_setup(a_one_shot_matches_once, power_on),
		cmocka_unit_test_setup(in_32_bit_mode_it_matches_each_round, power_on),
		cmocka_unit_test_setup(a_period_comes_again_and_again, power_on),
		cmocka_unit_test_setup(a_late_board_keeps_the_phase, power_on),
		cmocka_unit_test_setup(a_period_of_zero_repeats_nothing, power_on),
		cmocka_unit_test_setup(periods_wrap_with_32_bits, power_on),
		cmocka_unit_test_setup(levels_last_until_they_are_cleared, power_on),
		cmocka_unit_test_setup(status_needs_no_interrupt, power_on),
		cmocka_unit_test_setup(timers_may_share_a_level, power_on),
		cmocka_unit_test_setup(routes_that_are_not_to_be_had, power_on),
		cmocka_unit_test_setup(legacy_replacement_takes_the_wires, power_on),
		cmocka_unit_test_setup(messages_go_past_the_pins, power_on),
		cmocka_unit_test_setup(reset_lets_go, power_on),
		cmocka_unit_test_setup(halves_of_a_comparator, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
