/* Who goes first after a halt, and that nobody gets more than a share by halting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm/schedule/slice_account.h"

#define LENGTH 10000u

static void a_used_slice_is_filled(void **state)
{
	struct slice_account slice = { 0 };

	slice_fill(&slice, LENGTH, 5);
	assert_int_equal(slice.left, LENGTH);
	assert_int_equal(slice.filled, 5);
	slice_use(&slice, LENGTH - 1, 0);
	slice_fill(&slice, LENGTH, 9);
	assert_int_equal(slice.left, 1);
	assert_int_equal(slice.filled, 5);
	slice_use(&slice, 3 * LENGTH, 0);
	assert_int_equal(slice.left, 0);
	slice_fill(&slice, LENGTH, 9);
	assert_int_equal(slice.left, LENGTH);
	assert_int_equal(slice.filled, 9);
}

static void what_is_left_goes_first(void **state)
{
	struct slice_account slice = { .left = LENGTH / 2, .filled = 1000 };

	assert_true(slice_resume(&slice, LENGTH, 2, 1000 + 2 * LENGTH - 1));
	assert_int_equal(slice.left, LENGTH / 2);
	slice_use(&slice, LENGTH / 2 - 1, 0);
	assert_false(slice_resume(&slice, LENGTH, 2, 1000 + 2 * LENGTH - 1));
	assert_true(slice_resume(&slice, LENGTH, 2, 1000 + 2 * LENGTH));
	assert_int_equal(slice.left, LENGTH);
	/* Clocks of two CPUs may differ by a little. */
	assert_true(slice_resume(&slice, LENGTH, 2, 0));
	assert_int_equal(slice.left, LENGTH);
}

/* One that runs for 90 of every 100 ticks that it is let, with `hogs` that never halt: what it gets of
 * the CPU, in percent. */
static unsigned share_of_a_sleeper(unsigned hogs)
{
	struct slice_account sleeper = { 0 }, hog = { 0 };
	uint64_t now = 0, slept = 0, ran = 0, hogs_before = 0;

	while (now < 4000 * LENGTH) {
		now += 10; /* somebody else's, at least */
		slept = now;
		slice_fill(&hog, LENGTH, now);
		slice_use(&hog, 10, 0);
		hogs_before += !hog.left;
		if (slice_resume(&sleeper, LENGTH, hogs + 1, slept)) {
			slice_use(&sleeper, 90, 0);
			now += 90;
			ran += 90;
		} else if (hogs_before >= hogs) {
			/* Its turn has come round. */
			hogs_before = 0;
			sleeper.left = 0;
			slice_fill(&sleeper, LENGTH, now);
		}
	}
	return (unsigned)(ran * 100 / now);
}

static void halting_wins_no_time(void **state)
{
	for (unsigned hogs = 1; hogs < 6; hogs++) {
		unsigned fair = 100 / (hogs + 1), share = share_of_a_sleeper(hogs);

		assert_true(share <= fair + 2);
		assert_true(share + 5 >= fair);
	}
}

/* One that hardly executes an instruction of its own, makes exits for `exits` ticks at a time, then halts and
 * is woken at once: likewise. */
static unsigned share_of_an_exiter(unsigned hogs, uint64_t exits)
{
	struct slice_account exiter = { 0 };
	uint64_t now = 0, ran = 0;

	while (now < 40000 * LENGTH) {
		now += 10;
		if (!slice_resume(&exiter, LENGTH, hogs + 1, now)) {
			/* Each of the others has a slice, and then its turn has come round. */
			now += hogs * LENGTH;
			slice_fill(&exiter, LENGTH, now);
		}
		slice_use(&exiter, 1, exits);
		now += 1 + exits;
		ran += 1 + exits;
	}
	return (unsigned)(ran * 100 / now);
}

/* It gets what one gets that makes exits and never halts, which the alarm ends. */
static void halting_wins_no_exits(void **state)
{
	static const uint64_t exits[] = { LENGTH / 10, LENGTH, 15 * LENGTH };

	for (unsigned hogs = 1; hogs < 6; hogs++)
		for (unsigned i = 0; i < ARRAY_SIZE(exits); i++)
			assert_in_range(share_of_an_exiter(hogs, exits[i]), 1,
					100 * (2 * SLICES_OF_EXITS - 1) /
						(2 * SLICES_OF_EXITS - 1 + hogs));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_used_slice_is_filled),
		cmocka_unit_test(what_is_left_goes_first),
		cmocka_unit_test(halting_wins_no_time),
		cmocka_unit_test(halting_wins_no_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
