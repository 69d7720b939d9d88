/* The HPET against its specification: the counter, one-shot and periodic matches, and a board that comes
 * late. */
#include "tests/host/one_hpet.h"

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
#define TEST(name) cmocka_unit_test_setup(name, power_on)
	const struct CMUnitTest tests[] = {
		TEST(says_what_it_is),
		TEST(the_counter_counts_when_enabled),
		TEST(halves_and_odd_places),
		TEST(a_one_shot_matches_once),
		TEST(in_32_bit_mode_it_matches_each_round),
		TEST(a_period_comes_again_and_again),
		TEST(a_late_board_keeps_the_phase),
		TEST(a_period_of_zero_repeats_nothing),
		TEST(periods_wrap_with_32_bits),
		TEST(halves_of_a_comparator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
