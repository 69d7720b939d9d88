/* The pool of rows, and quantiles out of buckets. */
#include "vm/statistics.h"

#define MEDIAN_PERCENT 50
#define P99_PERCENT    99

_Static_assert(sizeof(struct statistics) <= UINT16_MAX, "16 bits reach every row");

#define B1(n)  STATISTICS_BUCKET((n) + STATISTICS_SHIFT)
#define B4(n)  B1(n), B1((n) + 1), B1((n) + 2), B1((n) + 3)
#define B16(n) B4(n), B4((n) + 4), B4((n) + 8), B4((n) + 12)
#define B64(n) B16(n), B16((n) + 16), B16((n) + 32), B16((n) + 48)

const uint8_t statistics_little[STATISTICS_LITTLE] = { B64(0), B64(64), B64(128), B64(192) };

static void begin_row(struct statistics_row *row, uint32_t reason)
{
	row->least = UINT64_MAX;
	row->reason = reason;
}

void statistics_init(struct statistics *statistics)
{
	begin_row(&statistics->turns, 0);
	begin_row(&statistics->rows[STATISTICS_ROWS - 1], STATISTICS_OTHERS);
}

struct statistics_row *statistics_add_row(struct statistics *statistics, uint32_t reason)
{
	struct statistics_row *row = &statistics->rows[statistics->used];

	if (statistics->used < STATISTICS_ROWS - 1) {
		begin_row(row, reason);
		statistics->used++;
	}
	statistics->row_of[reason] = (uint16_t)((uint8_t *)row - (uint8_t *)statistics);
	return row;
}

/* The middle of a bucket. */
static uint64_t middle_of(unsigned bucket)
{
	unsigned octave = STATISTICS_FIRST + bucket / STATISTICS_STEPS;
	uint64_t eighths = STATISTICS_STEPS + bucket % STATISTICS_STEPS;

	return ((2 * eighths + 1) << octave) / (2 * STATISTICS_STEPS) - STATISTICS_SHIFT;
}

/* The cost that `percent` of the exits do not exceed. */
static uint64_t quantile(const struct statistics_row *row, uint64_t total, unsigned percent)
{
	uint64_t rank = (total * percent + 99) / 100, seen = 0;
	unsigned bucket = 0;

	while (bucket < STATISTICS_BUCKETS - 1 && (seen += row->buckets[bucket]) < rank)
		bucket++;
	uint64_t value = middle_of(bucket);

	if (value < row->least)
		value = row->least;
	/* The last one is open. */
	if (bucket == STATISTICS_BUCKETS - 1 || value > row->most)
		value = row->most;
	return value;
}

void statistics_summarize(const struct statistics_row *row, struct statistics_summary *out)
{
	uint64_t total = 0;

	*out = (struct statistics_summary) { .count = row->count, .sum = row->sum };
	for (unsigned i = 0; i < STATISTICS_BUCKETS; i++)
		total += row->buckets[i];
	if (!total)
		return;
	out->least = row->least;
	out->most = row->most;
	out->median = quantile(row, total, MEDIAN_PERCENT);
	out->p99 = quantile(row, total, P99_PERCENT);
}

void statistics_merge(struct statistics_row *to, const struct statistics_row *from)
{
	to->count += from->count;
	to->sum += from->sum;
	to->least = from->least < to->least ? from->least : to->least;
	to->most = from->most > to->most ? from->most : to->most;
	for (unsigned i = 0; i < STATISTICS_BUCKETS; i++) {
		uint32_t sum = to->buckets[i] + from->buckets[i];

		to->buckets[i] = sum < from->buckets[i] ? UINT32_MAX : sum;
	}
}

static struct statistics_row *row_for(struct statistics *statistics, uint32_t reason)
{
	uint32_t at;

	if (reason >= STATISTICS_REASONS)
		return &statistics->rows[STATISTICS_ROWS - 1];
	at = statistics->row_of[reason];
	return at ? (struct statistics_row *)((uint8_t *)statistics + at)
		  : statistics_add_row(statistics, reason);
}

void statistics_add(struct statistics *to, const struct statistics *from)
{
	for (uint32_t i = 0; i < STATISTICS_ROWS; i++)
		if (from->rows[i].count)
			statistics_merge(row_for(to, from->rows[i].reason), &from->rows[i]);
	statistics_merge(&to->turns, &from->turns);
	to->ticks += from->ticks;
}

uint64_t statistics_exits(const struct statistics *statistics)
{
	uint64_t exits = 0;

	for (uint32_t i = 0; i < STATISTICS_ROWS; i++)
		exits += __atomic_load_n(&statistics->rows[i].count, __ATOMIC_RELAXED);
	return exits;
}
