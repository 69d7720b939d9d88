/* What the exits of a vCPU cost: for each reason how many there were, the least and the most, and a
 * histogram for the quantiles between. Only the CPU that runs the vCPU writes, by plain adds, and
 * nothing is allocated: reasons get rows from a small pool as they first occur, and when it is used up
 * share the last one. Any CPU may read, and may see an exit half counted. Pure.
 *
 * Buckets are log-linear in the cost and STATISTICS_SHIFT more, as no exit is as cheap as that: octaves
 * below would lie in memory for nothing. An octave has STATISTICS_STEPS of them, so that the middle of
 * a bucket is within 1/16 of all that it holds, of that sum. What costs more than STATISTICS_MOST ticks
 * is counted in the last one, for which the exact maximum stands in. */
#ifndef VM_STATISTICS_H
#define VM_STATISTICS_H

#include "lib/types.h"

#define STATISTICS_STEPS_SHIFT 3
#define STATISTICS_STEPS       (1u << STATISTICS_STEPS_SHIFT)
#define STATISTICS_FIRST       4u /* octaves: the first and the one past the last */
#define STATISTICS_END         21u
#define STATISTICS_SHIFT       (1u << STATISTICS_FIRST)
#define STATISTICS_BUCKETS     ((STATISTICS_END - STATISTICS_FIRST) * STATISTICS_STEPS)
#define STATISTICS_MOST        ((1u << STATISTICS_END) - 1 - STATISTICS_SHIFT)

/* Numbers that a backend gives to the reasons it tells apart: below this. */
#define STATISTICS_REASONS 80
#define STATISTICS_ROWS    14 /* in the pool, the one for all others included */

struct statistics_row {
	/* Of exits that are over. First, so that one is reached with no addition. */
	uint32_t buckets[STATISTICS_BUCKETS]; /* each stops at its highest number */
	uint64_t count;                       /* exits that began */
	uint64_t sum;                         /* ticks of those that are over, as what follows */
	uint64_t least, most;
	uint32_t reason; /* the backend's number */
};

struct statistics {
	uint64_t ticks; /* of all rows, the turns' included */
	/* From where a turn begins to where its guest is entered: what it costs to run a vCPU. */
	struct statistics_row turns;
	uint32_t
		used; /* rows of the pool that belong to a reason; the last one belongs to all others */
	struct statistics_row rows[STATISTICS_ROWS]; /* unused ones have no count */
	/* Where the row of each reason is, in bytes from here; 0: it has none yet. */
	uint16_t row_of[STATISTICS_REASONS];
};

/* `statistics` is all zeros: it is the most of a vCPU's memory, which is cleared as a whole. */
void statistics_init(struct statistics *statistics);

/* Gives a reason its row. */
struct statistics_row *statistics_add_row(struct statistics *statistics, uint32_t reason);

/* An exit for this reason began: the row in which its cost is to be counted. */
static inline struct statistics_row *statistics_begin(struct statistics *statistics,
						      uint32_t reason)
{
	uint32_t at = statistics->row_of[reason];
	struct statistics_row *row;

	if (unlikely(!at))
		row = statistics_add_row(statistics, reason);
	else
		row = (struct statistics_row *)((uint8_t *)statistics + at);
	row->count++;
	return row;
}

/* The bucket of `value`, a cost and STATISTICS_SHIFT. The shifted one begins with a one, which is one
 * octave too many. */
#define STATISTICS_OCTAVE(value) (31u ^ (uint32_t)__builtin_clz((uint32_t)(value)))
#define STATISTICS_BUCKET(value)                                                             \
	((uint32_t)((size_t)(value) << STATISTICS_STEPS_SHIFT >> STATISTICS_OCTAVE(value)) + \
	 (STATISTICS_OCTAVE(value) - 1 - STATISTICS_FIRST) * STATISTICS_STEPS)

/* The buckets of what costs little: most exits do, and a look is less than the arithmetic. */
#define STATISTICS_LITTLE 256u
extern const uint8_t statistics_little[STATISTICS_LITTLE];

/* Below STATISTICS_BUCKETS. */
static inline uint32_t statistics_bucket(uint64_t cost)
{
	if (likely(cost < STATISTICS_LITTLE))
		return statistics_little[cost];
	uint32_t value =
		(cost < STATISTICS_MOST ? (uint32_t)cost : STATISTICS_MOST) + STATISTICS_SHIFT;

	return STATISTICS_BUCKET(value);
}

/* And is over, after `cost` ticks. */
static inline void statistics_finish(struct statistics *statistics, struct statistics_row *row,
				     uint64_t cost)
{
	uint64_t bucket = statistics_bucket(cost);

	if (unlikely(!++row->buckets[bucket])) {
		/* A branch, which costs less here than arithmetic on flags, with an address of its own. */
		__asm__ volatile("" : "+r"(bucket));
		row->buckets[bucket] = UINT32_MAX;
	}
	row->sum += cost;
	statistics->ticks += cost;
	if (unlikely(cost < row->least))
		row->least = cost;
	if (unlikely(cost > row->most))
		row->most = cost;
}

/* --- reading -------------------------------------------------------------------------------- */

#define STATISTICS_OTHERS UINT32_MAX /* the `reason` of the row that reasons without one share */

struct statistics_summary {
	uint64_t count, sum;
	uint64_t least, median, p99, most; /* 0 while no exit is over */
};

void statistics_summarize(const struct statistics_row *row, struct statistics_summary *out);

/* Adds what `from` counted to `to`: several vCPUs as one. */
void statistics_merge(struct statistics_row *to, const struct statistics_row *from);

/* Adds all that `from` counted to `to`. */
void statistics_add(struct statistics *to, const struct statistics *from);

/* Exits of all reasons. */
uint64_t statistics_exits(const struct statistics *statistics);

#endif
