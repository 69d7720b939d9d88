/* Fractions by multiplication, beside the division that they stand for. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/ratio.h"

#define SECOND 1000000000ull

static uint64_t divided(uint64_t value, uint64_t numerator, uint64_t denominator)
{
	return (uint64_t)((__uint128_t)value * numerator / denominator);
}

static const uint64_t rates[] = { 1,          3,          1193182,    10000000,   999999999, SECOND,
				  1000000001, 2099999999, 2496000000, 5000000001, 8000000000 };

/* A year of each clock's, looked at in steps of about a day and a bit. */
static void is_the_quotient(void **state)
{
	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		struct ratio ratio = ratio_of(SECOND, rates[i]);
		uint64_t year = 366 * 86400 * rates[i], step = 90001 * rates[i] + 7;

		for (uint64_t value = 0; value < year; value += step) {
			uint64_t exact = divided(value, SECOND, rates[i]);
			uint64_t found = ratio_apply(&ratio, value);

			assert_true(found >= exact && found <= exact + 1);
		}
	}
}

/* What it is too great by is less than what is cut off, 1/3. */
static void rounds_down(void **state)
{
	struct ratio ratio = ratio_of(SECOND, 3000000000);

	for (uint64_t value = 0; value < 1000; value++)
		assert_int_equal(ratio_apply(&ratio, value), value / 3);
	for (uint64_t value = 3ull << 50; value < (3ull << 50) + 1000; value++)
		assert_int_equal(ratio_apply(&ratio, value), value / 3);
}

static void never_goes_back(void **state)
{
	struct ratio ratio = ratio_of(SECOND, 2496000000);
	uint64_t last = 0;

	for (uint64_t value = UINT64_MAX / 4; value < UINT64_MAX / 4 + 100000; value += 3) {
		assert_true(ratio_apply(&ratio, value) >= last);
		last = ratio_apply(&ratio, value);
	}
}

static void whole_numbers_stay_whole(void **state)
{
	struct ratio hundred = ratio_of(SECOND, 10000000), one = ratio_of(7, 7);

	assert_int_equal(ratio_apply(&hundred, 12345678901234), 1234567890123400);
	assert_int_equal(ratio_apply(&one, UINT64_MAX / 2), UINT64_MAX / 2);
	assert_int_equal(ratio_apply(&one, 0), 0);
}

static void takes_large_values(void **state)
{
	struct ratio third = ratio_of(1, 3), most = ratio_of(((uint64_t)1 << 62) - 1, 1);

	assert_int_equal(ratio_apply(&third, 3ull << 60), 1ull << 60);
	assert_int_equal(ratio_apply(&most, 1), ((uint64_t)1 << 62) - 1);
}

/* A fraction just below 1, whose multiplier has no room to be rounded up. */
static void takes_what_is_nearly_one(void **state)
{
	struct ratio nearly = ratio_of(((uint64_t)1 << 62) - 2, ((uint64_t)1 << 62) - 1);

	assert_int_equal(nearly.shift, 0);
	assert_in_range(ratio_apply(&nearly, SECOND), SECOND - 1, SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_quotient),    cmocka_unit_test(rounds_down),
		cmocka_unit_test(never_goes_back),    cmocka_unit_test(whole_numbers_stay_whole),
		cmocka_unit_test(takes_large_values), cmocka_unit_test(takes_what_is_nearly_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
