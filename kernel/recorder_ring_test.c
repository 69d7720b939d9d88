/* Rings of a few places: what is kept, what is counted as lost, and the story that several tell. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernel/recorder_ring.h"

#define PLACES 5
#define RINGS  3

static struct record places[RINGS][PLACES];
static struct recorder rings[RINGS];
static struct recorder_reader all[RINGS];

static uint64_t moment = UINT64_MAX;
static bool passed, told;
static const struct recorder_watch watch = { &moment, &passed, &told };

static const struct recorder_filter everything;

static int set_up(void **state)
{
	for (unsigned i = 0; i < RINGS; i++) {
		recorder_init(&rings[i], places[i], PLACES, &watch);
		all[i] = (struct recorder_reader) { .recorder = &rings[i] };
	}
	return 0;
}

static void write(unsigned ring, uint64_t time, uint16_t vm)
{
	struct record *record = recorder_place(&rings[ring]);

	*record = (struct record) { .time = time, .head = { .vm = vm } };
	recorder_publish(&rings[ring], record);
}

static void expect_next(const struct recorder_filter *filter, uint64_t time, unsigned ring,
			uint64_t number)
{
	struct recorder_step step;

	assert_true(recorder_step(all, RINGS, filter, &step));
	assert_int_equal(step.record.time, time);
	assert_int_equal(step.ring, ring);
	assert_int_equal(step.number, number);
}

static void expect_end(const struct recorder_filter *filter)
{
	struct recorder_step step;

	assert_false(recorder_step(all, RINGS, filter, &step));
}

/* All places but the one that is written next. */
static void keeps_the_last(void **state)
{
	struct record record;

	assert_int_equal(recorder_written(&rings[0]), 0);
	assert_false(recorder_read(&rings[0], 0, &record));
	for (uint64_t i = 0; i < 12; i++) {
		write(0, 100 + i, 1);
		assert_int_equal(recorder_written(&rings[0]), i + 1);
		assert_int_equal(recorder_first(&rings[0]), i < PLACES - 1 ? 0 : i + 2 - PLACES);
		for (uint64_t n = 0; n <= i; n++) {
			bool there = n + PLACES - 1 > i;

			assert_int_equal(recorder_read(&rings[0], n, &record), there);
			if (there)
				assert_int_equal(record.time, 100 + n);
		}
		assert_false(recorder_read(&rings[0], i + 1, &record));
	}
}

static void tells_rings_in_order_of_time(void **state)
{
	write(0, 10, 1);
	write(1, 20, 1);
	write(2, 30, 1);
	write(1, 40, 1);
	write(0, 50, 1);

	struct recorder_found found = recorder_rewind(all, RINGS, &everything, UINT64_MAX);

	assert_int_equal(found.chosen, 5);
	assert_int_equal(found.older, 0);
	assert_int_equal(found.overwritten, 0);
	expect_next(&everything, 10, 0, 0);
	expect_next(&everything, 20, 1, 0);
	expect_next(&everything, 30, 2, 0);
	/* What comes meanwhile is another story. */
	write(2, 35, 1);
	expect_next(&everything, 40, 1, 1);
	expect_next(&everything, 50, 0, 1);
	expect_end(&everything);
}

static void the_last_of_one_vm(void **state)
{
	const struct recorder_filter second = { .one_vm = true, .vm = 2 };

	write(0, 10, 2);
	write(0, 11, 1);
	write(1, 12, 2);
	write(0, 13, 2);
	write(1, 14, 1);
	write(1, 15, 2);
	write(1, 16, 1);

	struct recorder_found found = recorder_rewind(all, RINGS, &second, 2);

	assert_int_equal(found.chosen, 2);
	assert_int_equal(found.older, 2);
	expect_next(&second, 13, 0, 2);
	expect_next(&second, 15, 1, 2);
	expect_end(&second);
	found = recorder_rewind(all, RINGS, &second, 0);
	assert_int_equal(found.older, 4);
	expect_end(&second);
}

static void the_exits_of_one_vcpu(void **state)
{
	const struct recorder_filter second = { .exits_of_one_vcpu = true, .vm = 2, .vcpu = 0 };

	write(0, 10, 2);
	recorder_place(&rings[0])->head = (struct record_head) { .vm = 2, .kind = RECORD_OUT };
	recorder_publish(&rings[0], recorder_place(&rings[0]));
	recorder_place(&rings[0])->head = (struct record_head) { .vm = 2, .vcpu = 1 };
	recorder_publish(&rings[0], recorder_place(&rings[0]));
	assert_int_equal(recorder_rewind(all, RINGS, &second, 9).chosen, 1);
	expect_next(&second, 10, 0, 0);
	expect_end(&second);
}

/* Of a ring of several pages, the last of which is shorter: with the end of each it looks at the clock. */
static void keeps_watch(void **state)
{
	enum { LONG = 3 * RECORDER_PAGE + 3 };
	static struct record many[LONG];
	uint64_t seen = 0;

	recorder_init(&rings[0], many, LONG, &watch);
	moment = 100;
	for (uint64_t i = 0; i < 2 * LONG; i++) {
		passed = told = false;
		write(0, i, 1);
		bool ends = i % LONG % RECORDER_PAGE == RECORDER_PAGE - 1 || i % LONG == LONG - 1;

		assert_int_equal(told, ends && i >= moment);
		assert_int_equal(passed, told);
		seen += told;
	}
	assert_int_equal(seen, 8);
	assert_int_equal(recorder_written(&rings[0]), 2 * LONG);
	/* Several at once that go past it are seen with the next one. */
	recorder_init(&rings[0], many, LONG, &watch);
	recorder_publish_all(&rings[0], many + RECORDER_PAGE + 5);
	told = false;
	write(0, 200, 1);
	assert_true(told);
	assert_ptr_equal(rings[0].page_end, many + RECORDER_PAGE + 7 + RECORDER_PAGE);
	moment = UINT64_MAX;
}

static void counts_what_is_gone(void **state)
{
	for (uint64_t i = 0; i < 2 * PLACES; i++)
		write(1, i, 1);

	struct recorder_found found = recorder_rewind(all, RINGS, &everything, UINT64_MAX);

	assert_int_equal(found.chosen, PLACES - 1);
	assert_int_equal(found.overwritten, PLACES + 1);
	/* Its CPU goes on, and overtakes the reader. */
	write(1, 100, 1);
	write(1, 101, 1);
	expect_next(&everything, 2 * PLACES - 2, 1, 2 * PLACES - 2);
	expect_next(&everything, 2 * PLACES - 1, 1, 2 * PLACES - 1);
	expect_end(&everything);
}

static void cpus_without_a_ring(void **state)
{
	all[0].recorder = NULL;
	write(1, 5, 1);
	assert_int_equal(recorder_rewind(all, RINGS, &everything, UINT64_MAX).chosen, 1);
	expect_next(&everything, 5, 1, 0);
	expect_end(&everything);
}

static void costs(void **state)
{
	struct record record = { .time = 1000, .end = 1250 };

	assert_int_equal(record_cost(&record), 250);
	/* Left from an earlier record in the same place. */
	record.end = 999;
	assert_int_equal(record_cost(&record), 0);
	record.end = record.time + (UINT64_C(1) << 40);
	assert_int_equal(record_cost(&record), UINT64_C(1) << 40);
	record.time_high = 1;
	assert_int_equal(record.time, (UINT64_C(1) << 32) + 1000);
}

static void names(void **state)
{
	assert_string_equal(record_kind_name(RECORD_EXIT), "exit");
	assert_string_equal(record_value_name(RECORD_EXIT), "qual");
	assert_string_equal(record_kind_name(RECORD_PANIC), "panic");
	assert_string_equal(record_kind_name(RECORD_KINDS), "unknown");
	for (unsigned kind = 0; kind < RECORD_KINDS; kind++)
		assert_non_null(record_value_name((enum record_kind)kind));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(keeps_the_last, set_up),
		cmocka_unit_test_setup(tells_rings_in_order_of_time, set_up),
		cmocka_unit_test_setup(the_last_of_one_vm, set_up),
		cmocka_unit_test_setup(the_exits_of_one_vcpu, set_up),
		cmocka_unit_test_setup(keeps_watch, set_up),
		cmocka_unit_test_setup(counts_what_is_gone, set_up),
		cmocka_unit_test_setup(cpus_without_a_ring, set_up),
		cmocka_unit_test(costs),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
