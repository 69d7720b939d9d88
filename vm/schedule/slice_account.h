/* What a vCPU has left of its time slice from one turn to the next. A slice that is used up is filled at
 * the next turn. One that a halt broke off keeps what is left, and whoever wakes before everybody else
 * could have had a slice goes on with that, ahead of those that wait: it has had no more than its share
 * then, and an interrupt finds it without having to wait for theirs. What a turn took beyond the slice, as it ends
 * a little late, or an exit took long, is taken off the next slices. Pure. */
#ifndef VM_SCHEDULE_SLICE_ACCOUNT_H
#define VM_SCHEDULE_SLICE_ACCOUNT_H

#include "lib/types.h"

/* In ticks of the host's clock. */
struct slice_account {
	uint64_t left;   /* 0: used up, or never filled */
	uint64_t filled; /* when it was */
	uint64_t debt;   /* what turns took beyond their slices, and none was shortened by yet */
};

/* A turn begins. */
static inline void slice_fill(struct slice_account *slice, uint64_t length, uint64_t now)
{
	if (slice->left)
		return;
	slice->left = length;
	slice->filled = now;
}

/* After a turn that was broken off, and goes on before those that wait, a slice that is used up is not empty,
 * lest it is filled: that turn is over as soon as it begins. */
#define SLICE_LEFT_TO_GO_ON 1

/* A turn took `used` ticks; `least` is left at least: 0, or the above. */
static inline void slice_use(struct slice_account *slice, uint64_t used, uint64_t least)
{
	uint64_t left;

	if (unlikely(__builtin_sub_overflow(slice->left, used, &left))) {
		slice->debt += used - slice->left;
		left = least;
	}
	slice->left = left;
}

/* No turn is shorter than this part of a slice because of a debt, and no debt larger than so many slices. */
#define SLICE_LEAST_PART 8
#define SLICE_MOST_DEBT  16

/* A turn begins, and some of the debt is paid. */
static inline void slice_pay(struct slice_account *slice, uint64_t length)
{
	uint64_t least = length / SLICE_LEAST_PART, most = SLICE_MOST_DEBT * length;
	uint64_t debt = slice->debt < most ? slice->debt : most;
	uint64_t payable = slice->left > least ? slice->left - least : 0;
	uint64_t paid = debt < payable ? debt : payable;

	slice->left -= paid;
	slice->debt = debt - paid;
}

/* With less than this part of a slice the turn would be over as soon as it began. */
#define SLICE_WORTH_A_TURN 64

/* The vCPU's halt is over, and with it `sharers` want the CPU: its slice is filled when each of them could
 * have had as much as it had since it was filled last. True when enough is left to go first. */
static inline bool slice_resume(struct slice_account *slice, uint64_t length, uint64_t sharers,
				uint64_t now)
{
	/* Clocks of two CPUs may differ by a little: not even as much as nothing has passed then. */
	int64_t since = (int64_t)(now - slice->filled);

	if (since >= (int64_t)(sharers * (length + slice->debt))) {
		slice->left = length;
		slice->filled = now;
		slice->debt = 0;
	}
	return slice->left > length / SLICE_WORTH_A_TURN;
}

#endif
