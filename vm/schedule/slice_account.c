/* The right to go first. */
#include "vm/schedule/slice_account.h"

/* With less than this part of a slice the turn would be over as soon as it began. */
#define WORTH_A_TURN 64

bool slice_resume(struct slice_account *slice, uint64_t length, uint64_t sharers, uint64_t now)
{
	if (now > slice->filled && (now - slice->filled) / length >= sharers) {
		slice->left = length;
		slice->filled = now;
	}
	return slice->left > length / WORTH_A_TURN;
}
