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

/* What a turn took too long is taken off the next ones, each of which is worth having. */
static void a_debt_is_paid(void **state)
{
	struct slice_account slice = { .left = LENGTH };

	slice_use(&slice, LENGTH + 300, 0);
	assert_int_equal(slice.left, 0);
	assert_int_equal(slice.debt, 300);
	slice_fill(&slice, LENGTH, 5);
	slice_pay(&slice, LENGTH);
	assert_int_equal(slice.left, LENGTH - 300);
	assert_int_equal(slice.debt, 0);

	slice_use(&slice, 4 * LENGTH - 300, 0);
	assert_int_equal(slice.debt, 3 * LENGTH);
	slice_fill(&slice, LENGTH, 9);
	slice_pay(&slice, LENGTH);
	assert_int_equal(slice.left, LENGTH / SLICE_LEAST_PART);
	assert_int_equal(slice.debt, 2 * LENGTH + LENGTH / SLICE_LEAST_PART);
	/* As it does not in what is left of a turn that was broken off. */
	slice.left = 1;
	slice_pay(&slice, LENGTH);
	assert_int_equal(slice.left, 1);
	assert_int_equal(slice.debt, 2 * LENGTH + LENGTH / SLICE_LEAST_PART);

	slice_use(&slice, 1000 * LENGTH, 0);
	slice_fill(&slice, LENGTH, 9);
	slice_pay(&slice, LENGTH);
	assert_true(slice.debt < SLICE_MOST_DEBT * LENGTH);
}

/* Who slept for as long as all others need to have had as much owes nothing. */
static void a_debt_passes_with_time(void **state)
{
	struct slice_account slice = { .left = LENGTH, .filled = 1000 };

	slice_use(&slice, 3 * LENGTH, 0);
	assert_false(slice_resume(&slice, LENGTH, 2, 1000 + 6 * LENGTH - 1));
	assert_int_equal(slice.debt, 2 * LENGTH);
	assert_true(slice_resume(&slice, LENGTH, 2, 1000 + 6 * LENGTH));
	assert_int_equal(slice.left, LENGTH);
	assert_int_equal(slice.debt, 0);
}

/* One whose turns take `over` ticks longer than their slices, beside `hogs` whose turns do not. */
static unsigned share_of_an_overrunner(unsigned over, unsigned hogs)
{
	struct slice_account account = { 0 };
	uint64_t now = 0, ran = 0;

	while (now < 4000 * LENGTH) {
		slice_fill(&account, LENGTH, now);
		slice_pay(&account, LENGTH);
		uint64_t took = account.left + over;

		slice_use(&account, took, 0);
		ran += took;
		now += took + hogs * LENGTH;
	}
	return (unsigned)(ran * 100 / now);
}

static void overrunning_wins_no_time(void **state)
{
	for (unsigned hogs = 1; hogs < 6; hogs++) {
		for (unsigned over = 0; over < 7 * LENGTH / 8; over += LENGTH / 8) {
			unsigned fair = 100 / (hogs + 1);

			assert_in_range(share_of_an_overrunner(over, hogs), fair - 1, fair + 1);
		}
	}
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

#define ALLOWANCE     (LENGTH / 4)  /* what a turn may take beyond its slice, */
#define WOKEN_AT_MOST (16 * LENGTH) /* and that of one which was woken at all */

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* One that hardly executes an instruction of its own, makes exits for `exits` ticks at a time, then halts and
 * is woken at once: likewise. */
static unsigned share_of_an_exiter(unsigned hogs, uint64_t exits)
{
	struct slice_account exiter = { 0 };
	uint64_t now = 0, ran = 0;

	while (now < 40000 * LENGTH) {
		uint64_t most = WOKEN_AT_MOST;

		now += 10;
		if (!slice_resume(&exiter, LENGTH, hogs + 1, now)) {
			/* Each of the others has a slice, and then its turn has come round. */
			now += hogs * LENGTH;
			slice_fill(&exiter, LENGTH, now);
			slice_pay(&exiter, LENGTH);
			most = exiter.left + ALLOWANCE;
		}
		uint64_t took = least(1 + exits, most);

		slice_use(&exiter, took, 0);
		now += took;
		ran += took;
	}
	return (unsigned)(ran * 100 / now);
}

/* It gets no more than one that never halts. */
static void halting_wins_no_exits(void **state)
{
	static const uint64_t exits[] = { LENGTH / 10, LENGTH, 2 * LENGTH, 15 * LENGTH };

	for (unsigned hogs = 1; hogs < 6; hogs++)
		for (unsigned i = 0; i < ARRAY_SIZE(exits); i++)
			assert_in_range(share_of_an_exiter(hogs, exits[i]), 1,
					100 / (hogs + 1) + 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_used_slice_is_filled),
		cmocka_unit_test(what_is_left_goes_first),
		cmocka_unit_test(a_debt_is_paid),
		cmocka_unit_test(a_debt_passes_with_time),
		cmocka_unit_test(overrunning_wins_no_time),
		cmocka_unit_test(halting_wins_no_time),
		cmocka_unit_test(halting_wins_no_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
