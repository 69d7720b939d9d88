/* Range sets: merging, limits, and random ranges against a bitmap. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/range_set.h"

static struct address_range ranges[64];

static struct range_set empty(unsigned capacity)
{
	return (struct range_set) { .ranges = ranges, .capacity = capacity };
}

static void merges_what_touches(void **state)
{
	struct range_set s = empty(8);

	assert_false(range_set_overlaps(&s, 0, ~0ull));
	assert_true(range_set_add(&s, 10, 10));
	assert_true(range_set_add(&s, 30, 10));
	assert_int_equal(s.count, 2);
	assert_false(range_set_overlaps(&s, 20, 10));
	assert_true(range_set_overlaps(&s, 19, 1));
	assert_true(range_set_overlaps(&s, 0, 11));
	assert_false(range_set_overlaps(&s, 0, 10));
	assert_true(range_set_add(&s, 20, 10));
	assert_int_equal(s.count, 1);
	assert_int_equal(s.ranges[0].start, 10);
	assert_int_equal(s.ranges[0].length, 30);
}

static void holds_the_last_byte(void **state)
{
	struct range_set s = empty(8);

	assert_true(range_set_add(&s, ~0ull, 1));
	assert_true(range_set_overlaps(&s, ~0ull, 1));
	assert_false(range_set_overlaps(&s, ~0ull - 1, 1));
	assert_true(range_set_add(&s, 0, 1));
	assert_int_equal(s.count, 2);
	assert_true(range_set_add(&s, ~0ull - 4, 4));
	assert_int_equal(s.count, 2);
}

static void refuses_when_full(void **state)
{
	struct range_set s = empty(2);

	assert_true(range_set_add(&s, 0, 1));
	assert_true(range_set_add(&s, 10, 1));
	assert_false(range_set_add(&s, 20, 1));
	assert_int_equal(s.count, 2);
	assert_true(range_set_add(&s, 11, 1)); /* grows one that is there */
	assert_true(range_set_add(&s, 1, 9));
	assert_int_equal(s.count, 1);
}

static void random_ranges_match_a_bitmap(void **state)
{
	enum { BITS_USED = 100 };

	srand(3);
	for (unsigned round = 0; round < 200; round++) {
		struct range_set s = empty(64);
		bool want[BITS_USED] = { false };

		for (unsigned i = 0; i < 20; i++) {
			unsigned start = rand() % BITS_USED;
			unsigned length = 1 + rand() % (BITS_USED - start) % 9;

			assert_true(range_set_add(&s, start, length));
			memset(&want[start], 1, length);
			for (unsigned bit = 0; bit < BITS_USED; bit++)
				assert_int_equal(range_set_overlaps(&s, bit, 1), want[bit]);
			for (unsigned k = 1; k < s.count; k++)
				assert_true(s.ranges[k].start >
					    s.ranges[k - 1].start + s.ranges[k - 1].length);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merges_what_touches),
		cmocka_unit_test(holds_the_last_byte),
		cmocka_unit_test(refuses_when_full),
		cmocka_unit_test(random_ranges_match_a_bitmap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
