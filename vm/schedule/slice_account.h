/* What a vCPU has left of its time slice from one turn to the next. A slice that is used up is filled at
 * the next turn. One that a halt broke off keeps what is left, and whoever wakes before everybody else
 * could have had a slice goes on with that, ahead of those that wait: it has had no more than its share
 * then, and an interrupt finds it without having to wait for theirs. Pure. */
#ifndef VM_SCHEDULE_SLICE_ACCOUNT_H
#define VM_SCHEDULE_SLICE_ACCOUNT_H

#include "lib/types.h"

/* In ticks of the host's clock. */
struct slice_account {
	uint64_t left;   /* of guest time; 0: used up, or never filled */
	uint64_t filled; /* when it was */
};

/* A turn begins. */
static inline void slice_fill(struct slice_account *slice, uint64_t length, uint64_t now)
{
	if (slice->left)
		return;
	slice->left = length;
	slice->filled = now;
}

/* So many slices long may exits take before they count for one, as who hardly leaves them uses no guest time. */
#define SLICES_OF_EXITS 16

/* A turn that the slice did not end took `guest` ticks of guest time, and `exits` ticks for its exits. What of
 * these does not count was nobody else's to have a slice in, and so moves the moment when it was filled. */
static inline void slice_use(struct slice_account *slice, uint64_t guest, uint64_t exits)
{
	uint64_t counted = exits / SLICES_OF_EXITS, used = guest + counted;

	slice->left -= used < slice->left ? used : slice->left;
	slice->filled += exits - counted;
}

/* With less than this part of a slice the turn would be over as soon as it began. */
#define SLICE_WORTH_A_TURN 64

/* The vCPU's halt is over, and with it `sharers` want the CPU: its slice is filled when each of them could
 * have had one since it was filled last. True when enough is left to go first. */
static inline bool slice_resume(struct slice_account *slice, uint64_t length, uint64_t sharers,
				uint64_t now)
{
	if (now > slice->filled && (now - slice->filled) / length >= sharers) {
		slice->left = length;
		slice->filled = now;
	}
	return slice->left > length / SLICE_WORTH_A_TURN;
}

#endif
