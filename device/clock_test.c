/* Ticks and times: exact against 128-bit arithmetic, inverse to each other, never wrapping. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/clock.h"

static const uint64_t rates[] = { 1, 3, 8192, 32768, 1193182, 3579545, 100000000, CLOCK_MAX_HZ };

static const device_time times[] = {
	0,
	1,
	837,
	838,
	839,
	NANOSECONDS - 1,
	NANOSECONDS,
	NANOSECONDS + 1,
	86400 * NANOSECONDS + 123456789,
	18446744073ull * NANOSECONDS, /* the last whole second of time */
	DEVICE_NEVER - 1,
	DEVICE_NEVER,
};

static void ticks_are_exact(void **state)
{
	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++)
		for (unsigned t = 0; t < ARRAY_SIZE(times); t++) {
			unsigned __int128 wide = (unsigned __int128)times[t] * rates[r];

			assert_true(clock_ticks(times[t], rates[r]) ==
				    (uint64_t)(wide / NANOSECONDS));
		}
}

static void a_tick_comes_at_its_time_and_not_before(void **state)
{
	for (unsigned r = 0; r < ARRAY_SIZE(rates); r++)
		for (unsigned t = 0; t < ARRAY_SIZE(times) - 1; t++) {
			uint64_t tick = clock_ticks(times[t], rates[r]);
			device_time at = clock_time(tick, rates[r]);
			device_time after = clock_time_after(times[t], 1, rates[r]);

			assert_true(at <= times[t] && clock_ticks(at, rates[r]) == tick);
			assert_true(!at || clock_ticks(at - 1, rates[r]) == tick - 1);
			assert_true(after > times[t]);
			assert_true(after == DEVICE_NEVER ||
				    clock_ticks(after, rates[r]) == tick + 1);
		}
}

static void the_end_of_time_is_never(void **state)
{
	assert_true(clock_time(UINT64_MAX, 1) == DEVICE_NEVER);
	assert_true(clock_time(18446744074ull * 32768, 32768) == DEVICE_NEVER);
	assert_true(clock_time(18446744073ull * 32768, 32768) == 18446744073ull * NANOSECONDS);
	assert_true(clock_time_after(5, UINT64_MAX, 1193182) == DEVICE_NEVER);
	assert_true(clock_time_after(DEVICE_NEVER, 1, CLOCK_MAX_HZ) == DEVICE_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_exact),
		cmocka_unit_test(a_tick_comes_at_its_time_and_not_before),
		cmocka_unit_test(the_end_of_time_is_never),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
