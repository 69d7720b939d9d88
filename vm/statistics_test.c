/* Buckets, quantiles within their error, and a pool of rows that is used up. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "vm/statistics.h"

static struct statistics statistics;

static int set_up(void **state)
{
	memset(&statistics, 0, sizeof(statistics));
	statistics_init(&statistics);
	return 0;
}

static void count(uint32_t reason, uint64_t cost)
{
	statistics_finish(&statistics, statistics_begin(&statistics, reason), cost);
}

static struct statistics_summary summary_of(uint32_t reason)
{
	const uint8_t *base = (const uint8_t *)&statistics;
	struct statistics_summary summary;

	statistics_summarize((const void *)(base + statistics.row_of[reason]), &summary);
	return summary;
}

static void buckets_cover_all(void **state)
{
	size_t before = 0;

	assert_int_equal(statistics_bucket(0), 0);
	assert_int_equal(statistics_bucket(1), 0);
	assert_int_equal(statistics_bucket(2), 1);
	assert_int_equal(statistics_bucket(15), STATISTICS_STEPS - 1);
	assert_int_equal(statistics_bucket(16), STATISTICS_STEPS);
	assert_int_equal(statistics_bucket(1024 - 16), 6 * STATISTICS_STEPS);
	assert_int_equal(statistics_bucket(STATISTICS_MOST), STATISTICS_BUCKETS - 1);
	assert_int_equal(statistics_bucket(UINT64_MAX), STATISTICS_BUCKETS - 1);
	for (uint32_t cost = 0; cost <= STATISTICS_MOST; cost++) {
		size_t bucket = statistics_bucket(cost);

		assert_true(bucket == before || bucket == before + 1);
		before = bucket;
	}
}

/* Whatever a bucket holds, its middle is within 1/16 of that and the shift. */
static void quantiles_keep_their_error(void **state)
{
	for (uint32_t cost = 1; cost < STATISTICS_MOST; cost += cost / 50 + 1) {
		set_up(NULL);
		count(10, 1);
		for (unsigned i = 0; i < 98; i++)
			count(10, cost);
		count(10, UINT64_MAX / 2);

		struct statistics_summary summary = summary_of(10);

		assert_int_equal(summary.least, 1);
		assert_int_equal(summary.most, UINT64_MAX / 2);
		assert_int_equal(summary.count, 100);
		assert_int_equal(summary.sum, 1 + 98ull * cost + UINT64_MAX / 2);
		if (statistics_bucket(cost) != STATISTICS_BUCKETS - 1) {
			assert_true(labs((long)summary.median - (long)cost) * 16 <=
				    cost + STATISTICS_SHIFT);
			assert_int_equal(summary.median, summary.p99);
		}
	}
}

static void quantiles_by_rank(void **state)
{
	for (unsigned i = 0; i < 50; i++)
		count(1, 100);
	for (unsigned i = 0; i < 49; i++)
		count(1, 1000);
	assert_int_equal(summary_of(1).p99, 976);
	count(1, 5000);
	/* Of a hundred, the 50th and the 99th. */
	assert_int_equal(summary_of(1).median, 100);
	assert_int_equal(summary_of(1).p99, 976);
	count(1, 5000);
	assert_int_equal(summary_of(1).median, 976);
	assert_int_equal(summary_of(1).p99, 4848);
}

static void one_and_none(void **state)
{
	struct statistics_row *row = statistics_begin(&statistics, 4);
	struct statistics_summary summary = summary_of(4);

	assert_int_equal(summary.count, 1);
	assert_int_equal(summary.least, 0);
	assert_int_equal(summary.p99, 0);
	statistics_finish(&statistics, row, 333);
	summary = summary_of(4);
	assert_int_equal(summary.least, 333);
	assert_int_equal(summary.median, 333);
	assert_int_equal(summary.p99, 333);
	assert_int_equal(summary.most, 333);
}

static void the_pool_is_small(void **state)
{
	for (uint32_t reason = 0; reason < STATISTICS_REASONS; reason++)
		count(reason, 100 + reason);
	assert_int_equal(statistics.used, STATISTICS_ROWS - 1);
	for (unsigned i = 0; i < STATISTICS_ROWS - 1; i++) {
		assert_int_equal(statistics.rows[i].reason, i);
		assert_int_equal(statistics.rows[i].count, 1);
	}
	const struct statistics_row *others = &statistics.rows[STATISTICS_ROWS - 1];

	assert_int_equal(others->reason, STATISTICS_OTHERS);
	assert_int_equal(others->count, STATISTICS_REASONS - (STATISTICS_ROWS - 1));
	assert_int_equal(others->most, 100 + STATISTICS_REASONS - 1);
	assert_int_equal(statistics_exits(&statistics), STATISTICS_REASONS);
	/* And again: nothing more is taken. */
	count(STATISTICS_REASONS - 1, 7);
	assert_int_equal(others->least, 7);
	assert_int_equal(statistics.used, STATISTICS_ROWS - 1);
}

static void turns_are_no_exits(void **state)
{
	statistics.turns.count++;
	statistics_finish(&statistics, &statistics.turns, 400);
	count(12, 100);
	assert_int_equal(statistics_exits(&statistics), 1);
	assert_int_equal(statistics.ticks, 500);
}

static void several_as_one(void **state)
{
	count(1, 100);
	count(2, 300);
	count(2, 500);
	statistics.rows[1].buckets[0] = UINT32_MAX;
	statistics.rows[0].buckets[0] = 1;
	statistics_merge(&statistics.rows[0], &statistics.rows[1]);
	assert_int_equal(statistics.rows[0].count, 3);
	assert_int_equal(statistics.rows[0].sum, 900);
	assert_int_equal(statistics.rows[0].least, 100);
	assert_int_equal(statistics.rows[0].most, 500);
	assert_int_equal(statistics.rows[0].buckets[0], UINT32_MAX);
	assert_int_equal(statistics.rows[0].buckets[statistics_bucket(300)], 1);
}

static void vcpus_as_one(void **state)
{
	static struct statistics sum;

	statistics_init(&sum);
	count(10, 100);
	count(10, 200);
	count(12, 50);
	statistics_finish(&statistics, &statistics.turns, 400);
	statistics_add(&sum, &statistics);
	set_up(NULL);
	count(12, 70);
	for (uint32_t reason = 20; reason < 20 + STATISTICS_ROWS; reason++)
		count(reason, 10);
	statistics_add(&sum, &statistics);
	assert_int_equal(statistics_exits(&sum), 4 + STATISTICS_ROWS);
	assert_int_equal(sum.rows[1].reason, 12);
	assert_int_equal(sum.rows[1].count, 2);
	assert_int_equal(sum.rows[1].sum, 120);
	assert_int_equal(sum.rows[1].least, 50);
	assert_int_equal(sum.rows[STATISTICS_ROWS - 1].reason, STATISTICS_OTHERS);
	assert_true(sum.rows[STATISTICS_ROWS - 1].count >= 2);
	assert_int_equal(sum.turns.most, 400);
	assert_int_equal(sum.ticks, 750 + 70 + 10 * STATISTICS_ROWS);
}

/* An idle vCPU is to have less than 32 KiB, and this is a part of it. */
static void is_small(void **state)
{
	assert_true(sizeof(struct statistics) <= 10240);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_cover_all),
		cmocka_unit_test(quantiles_keep_their_error),
		cmocka_unit_test_setup(quantiles_by_rank, set_up),
		cmocka_unit_test_setup(one_and_none, set_up),
		cmocka_unit_test_setup(the_pool_is_small, set_up),
		cmocka_unit_test_setup(turns_are_no_exits, set_up),
		cmocka_unit_test_setup(several_as_one, set_up),
		cmocka_unit_test_setup(vcpus_as_one, set_up),
		cmocka_unit_test(is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
