/* Bit arithmetic at its borders. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "lib/bits.h"

static void masks_and_fields(void **state)
{
	assert_true(BIT(0) == 1 && BIT(63) == 0x8000000000000000ull);
	assert_true(BITS(0, 0) == 1 && BITS(63, 63) == BIT(63) && BITS(63, 0) == ~0ull);
	assert_true(BITS(11, 4) == 0xff0);
	assert_int_equal(field_get(0xabcd, BITS(11, 4)), 0xbc);
	assert_int_equal(field_put(BITS(11, 4), 0xbc), 0xbc0);
	assert_int_equal(field_put(BITS(11, 4), 0xfbc), 0xbc0);
	assert_true(field_get(~0ull, BITS(63, 0)) == ~0ull);
	for (unsigned low = 0; low < 64; low++) {
		for (unsigned high = low; high < 64; high++) {
			uint64_t mask = BITS(high, low);
			assert_int_equal(__builtin_popcountll(mask), high - low + 1);
			assert_int_equal(__builtin_ctzll(mask), low);
			assert_true(field_put(mask, field_get(~0ull, mask)) == mask);
		}
	}
}

static void powers_and_alignment(void **state)
{
	assert_false(is_power_of_two(0));
	assert_true(is_power_of_two(1) && is_power_of_two(BIT(63)));
	assert_false(is_power_of_two(3) || is_power_of_two(~0ull));
	assert_int_equal(align_down(0x1fff, 0x1000), 0x1000);
	assert_int_equal(align_up(0x1001, 0x1000), 0x2000);
	assert_int_equal(align_up(0x1000, 0x1000), 0x1000);
	assert_int_equal(align_up(0, 0x1000), 0);
	assert_int_equal(align_up(~0ull, 0x1000), 0);
	assert_true(is_aligned(0, 8) && is_aligned(16, 8) && !is_aligned(12, 8));
}

static void ranges(void **state)
{
	assert_false(range_is_valid(5, 0));
	assert_true(range_is_valid(0, ~0ull) && range_is_valid(1, ~0ull));
	assert_false(range_is_valid(2, ~0ull));
	assert_true(range_is_valid(~0ull, 1) && !range_is_valid(~0ull, 2));

	assert_false(ranges_overlap(0, 10, 10, 5));
	assert_false(ranges_overlap(10, 5, 0, 10));
	assert_true(ranges_overlap(0, 11, 10, 5));
	assert_true(ranges_overlap(10, 5, 0, 100));
	assert_true(ranges_overlap(0, 100, 10, 5));
	assert_true(ranges_overlap(~0ull, 1, ~0ull - 4, 5));
	assert_false(ranges_overlap(~0ull, 1, 0, 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks_and_fields),
		cmocka_unit_test(powers_and_alignment),
		cmocka_unit_test(ranges),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
