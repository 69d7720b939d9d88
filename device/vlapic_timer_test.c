/* The local APIC's timer: dividers, one-shot, periodic and TSC-deadline mode, and being late. */
#include "tests/host/one_lapic.h"

#define VECTOR 0x40
#define MASKED 0x10000u

enum { ONE_SHOT = 0x00000, PERIODIC = 0x20000, TSC_DEADLINE = 0x40000, RESERVED = 0x60000 };

static bool is_tsc;

/* Time is counted in ticks of the timer's clock here. */
static void advance_both(uint64_t ticks, uint64_t tsc)
{
	vlapic_advance(&lapic, ticks * VLAPIC_TIMER_TICK, tsc);
}

static void advance(uint64_t ticks)
{
	advance_both(ticks, 0);
}

static uint64_t deadline(void)
{
	uint64_t at = vlapic_deadline(&lapic, &is_tsc);

	return is_tsc || at == DEVICE_NEVER ? at : at / VLAPIC_TIMER_TICK;
}

/* Takes the timer's interrupt, if there is one. */
static bool interrupted(void)
{
	int vector = vlapic_acknowledge(&lapic);

	if (vector < 0)
		return false;
	assert_int_equal(vector, VECTOR);
	set(VLAPIC_EOI, 0);
	return true;
}

static void start(uint32_t mode, uint32_t divide, uint32_t count)
{
	set(VLAPIC_LVT_TIMER, mode | VECTOR);
	set(VLAPIC_DIVIDE, divide);
	set(VLAPIC_INITIAL_COUNT, count);
}

/* "Divide Configuration Register". */
static void dividers(void **state)
{
	static const struct {
		uint32_t code;
		unsigned by;
	} codes[] = { { 0x0, 2 },  { 0x1, 4 },  { 0x2, 8 },   { 0x3, 16 },
		      { 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 } };

	assert_int_equal(VLAPIC_TIMER_TICK * VLAPIC_TIMER_HZ, NANOSECONDS);
	for (unsigned i = 0; i < ARRAY_SIZE(codes); i++) {
		uint64_t by = codes[i].by;

		enabled(NULL);
		advance(5000);
		start(ONE_SHOT, codes[i].code, 100000);
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 100000);
		assert_int_equal(deadline(), 5000 + 100000 * by);
		assert_false(is_tsc);
		advance(5000 + by);
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 99999);
		advance(5000 + 99999 * by);
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 1);
		vlapic_advance(&lapic, (5000 + 100000 * by) * VLAPIC_TIMER_TICK - 1, 0);
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 1);
		assert_false(interrupted());
		advance(5000 + 100000 * by);
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 0);
		assert_true(interrupted());
	}
}

static void one_shot_fires_once(void **state)
{
	start(ONE_SHOT, 0xb, 50000);
	assert_true(told.timer_changes);
	advance(1000000);
	assert_true(interrupted());
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance(2000000);
	assert_false(interrupted());
	assert_int_equal(get(VLAPIC_INITIAL_COUNT), 50000);
	/* Writing the initial count starts it again. */
	set(VLAPIC_INITIAL_COUNT, 7);
	assert_int_equal(deadline(), 2000007);
	advance(2000007);
	assert_true(interrupted());
}

static void a_count_of_zero_stops(void **state)
{
	start(PERIODIC, 0xb, 50000);
	set(VLAPIC_INITIAL_COUNT, 0);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance(100000);
	assert_false(interrupted());
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 0);
}

static void the_longest_count_does_not_overflow(void **state)
{
	start(ONE_SHOT, 0xa, 0xffffffff);
	assert_int_equal(deadline(), 0xffffffffull * 128);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 0xffffffff);
}

static void periodic_reloads(void **state)
{
	start(PERIODIC, 0xb, 100000);
	for (unsigned i = 1; i < 5; i++) {
		assert_int_equal(deadline(), i * 100000);
		advance(i * 100000);
		assert_true(interrupted());
		assert_int_equal(get(VLAPIC_CURRENT_COUNT), 100000);
	}
	advance(450000);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 50000);
	assert_false(interrupted());
	assert_int_equal(lapic.timer.missed, 0);
}

/* IRR holds one interrupt; the phase stays; the statistic knows the rest. */
static void a_late_periodic_timer_stays_in_phase(void **state)
{
	start(PERIODIC, 0xb, 100000);
	advance(730000);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 70000);
	assert_int_equal(deadline(), 800000);
	assert_int_equal(lapic.timer.missed, 6);
	assert_true(interrupted());
	assert_false(interrupted());
	advance(800000);
	advance(900000);
	assert_int_equal(lapic.timer.missed, 7);
	assert_true(interrupted());
	assert_false(interrupted());
}

static void short_periods_do_not_ask_for_every_one(void **state)
{
	start(PERIODIC, 0xb, 1);
	advance(1000000);
	assert_true(interrupted());
	assert_true(deadline() >= 1000000 + VLAPIC_SHORTEST_WAIT / VLAPIC_TIMER_TICK);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 1);
	advance(1000001);
	assert_true(interrupted());
	advance(UINT64_MAX / 2 / VLAPIC_TIMER_TICK);
	assert_true(interrupted());
}

/* A masked timer counts, and says nothing. */
static void masked_timers_count(void **state)
{
	start(PERIODIC | MASKED, 0xb, 100000);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance(130000);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 70000);
	set(VLAPIC_LVT_TIMER, PERIODIC | VECTOR);
	assert_false(interrupted());
	assert_int_equal(lapic.timer.missed, 0);
	assert_int_equal(deadline(), 200000);
	/* And so does that of an APIC that software disabled. */
	set(VLAPIC_SVR, 0xff);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance(250000);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 50000);
	assert_false(interrupted());
	advance(990000);
	assert_int_equal(lapic.timer.missed, 0);
}

static void a_new_divider_goes_on_from_the_count(void **state)
{
	start(ONE_SHOT, 0xb, 1000);
	advance(400);
	set(VLAPIC_DIVIDE, 0x1);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 600);
	assert_int_equal(deadline(), 400 + 600 * 4);
}

static void one_shot_and_periodic_change_on_the_run(void **state)
{
	start(ONE_SHOT, 0xb, 100000);
	advance(50000);
	set(VLAPIC_LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 50000);
	advance(100000);
	assert_true(interrupted());
	assert_int_equal(deadline(), 200000);
}

/* "TSC-Deadline Mode". */
static void tsc_deadline_fires_once(void **state)
{
	set(VLAPIC_LVT_TIMER, TSC_DEADLINE | VECTOR);
	assert_true(wrmsr(0x6e0, 123456));
	assert_int_equal(rdmsr(0x6e0), 123456);
	assert_int_equal(deadline(), 123456);
	assert_true(is_tsc);
	advance_both(10, 123455);
	assert_false(interrupted());
	advance_both(11, 123456);
	assert_true(interrupted());
	assert_int_equal(rdmsr(0x6e0), 0);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance_both(12, 999999);
	assert_false(interrupted());
	/* A deadline that is over fires at once. */
	assert_true(wrmsr(0x6e0, 5));
	advance_both(13, 1000000);
	assert_true(interrupted());
	/* Zero disarms. */
	assert_true(wrmsr(0x6e0, 2000000));
	assert_true(wrmsr(0x6e0, 0));
	advance_both(14, 3000000);
	assert_false(interrupted());
}

static void each_mode_has_its_own_registers(void **state)
{
	/* Outside its mode the MSR reads zero and writes are lost. */
	set(VLAPIC_LVT_TIMER, ONE_SHOT | VECTOR);
	assert_true(wrmsr(0x6e0, 100));
	assert_int_equal(rdmsr(0x6e0), 0);
	advance_both(10, 200);
	assert_false(interrupted());
	/* In it the initial count is lost, and the current count reads zero. */
	set(VLAPIC_LVT_TIMER, TSC_DEADLINE | VECTOR);
	set(VLAPIC_INITIAL_COUNT, 100);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 0);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance_both(1000, 1000);
	assert_false(interrupted());
}

static void changes_to_and_from_tsc_deadline_disarm(void **state)
{
	start(PERIODIC, 0xb, 100000);
	set(VLAPIC_LVT_TIMER, TSC_DEADLINE | VECTOR);
	assert_int_equal(deadline(), DEVICE_NEVER);
	assert_true(wrmsr(0x6e0, 500));
	set(VLAPIC_LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(deadline(), DEVICE_NEVER);
	advance_both(1000000, 1000000);
	assert_false(interrupted());
	set(VLAPIC_LVT_TIMER, TSC_DEADLINE | VECTOR);
	assert_int_equal(rdmsr(0x6e0), 0);
	/* Masking does not disarm. */
	assert_true(wrmsr(0x6e0, 2000000));
	set(VLAPIC_LVT_TIMER, TSC_DEADLINE | MASKED | VECTOR);
	assert_int_equal(rdmsr(0x6e0), 2000000);
	advance_both(1000001, 2000000);
	assert_false(interrupted());
	assert_int_equal(rdmsr(0x6e0), 0);
	set(VLAPIC_LVT_TIMER, RESERVED | VECTOR);
	set(VLAPIC_INITIAL_COUNT, 100);
	assert_int_equal(deadline(), DEVICE_NEVER);
}

/* The board is told of whatever may change the deadline. */
static void changes_are_told(void **state)
{
	static const struct {
		unsigned offset;
		uint32_t value;
	} changes[] = { { VLAPIC_LVT_TIMER, PERIODIC | VECTOR },
			{ VLAPIC_INITIAL_COUNT, 1000 },
			{ VLAPIC_DIVIDE, 0x3 },
			{ VLAPIC_LVT_TIMER, PERIODIC | MASKED | VECTOR },
			{ VLAPIC_INITIAL_COUNT, 0 },
			{ VLAPIC_LVT_TIMER, TSC_DEADLINE | VECTOR },
			{ VLAPIC_SVR, 0xff } };

	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
		told.timer_changes = 0;
		set(changes[i].offset, changes[i].value);
		assert_int_equal(told.timer_changes, 1);
	}
	told.timer_changes = 0;
	vlapic_set_tsc_deadline(&lapic, 1000);
	assert_int_equal(told.timer_changes, 1);
}

static void time_does_not_go_back(void **state)
{
	advance(1000);
	start(ONE_SHOT, 0xb, 1000);
	advance(500);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 1000);
	advance(1500);
	assert_int_equal(get(VLAPIC_CURRENT_COUNT), 500);
}

static void an_illegal_vector_is_an_error(void **state)
{
	set(VLAPIC_LVT_TIMER, 0x0f);
	set(VLAPIC_INITIAL_COUNT, 1);
	advance(100);
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(errors(), 0x40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(dividers, enabled),
		cmocka_unit_test_setup(one_shot_fires_once, enabled),
		cmocka_unit_test_setup(a_count_of_zero_stops, enabled),
		cmocka_unit_test_setup(the_longest_count_does_not_overflow, enabled),
		cmocka_unit_test_setup(periodic_reloads, enabled),
		cmocka_unit_test_setup(a_late_periodic_timer_stays_in_phase, enabled),
		cmocka_unit_test_setup(short_periods_do_not_ask_for_every_one, enabled),
		cmocka_unit_test_setup(masked_timers_count, enabled),
		cmocka_unit_test_setup(a_new_divider_goes_on_from_the_count, enabled),
		cmocka_unit_test_setup(one_shot_and_periodic_change_on_the_run, enabled),
		cmocka_unit_test_setup(tsc_deadline_fires_once, enabled),
		cmocka_unit_test_setup(each_mode_has_its_own_registers, enabled),
		cmocka_unit_test_setup(changes_to_and_from_tsc_deadline_disarm, enabled),
		cmocka_unit_test_setup(changes_are_told, enabled),
		cmocka_unit_test_setup(time_does_not_go_back, enabled),
		cmocka_unit_test_setup(an_illegal_vector_is_an_error, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_timer", tests, NULL, NULL);
}
