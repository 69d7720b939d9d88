/* Words that several CPUs look at, in one instruction each, where what the compiler makes of its own atomic
 * operations takes more. */
#ifndef LIB_ATOMIC_H
#define LIB_ATOMIC_H

#include "lib/types.h"

/* Adds to a counter that only this CPU writes; whoever reads it sees it before or after. */
static inline void atomic_count(uint64_t *counter, uint64_t by)
{
	__asm__("addq %1, %0" : "+m"(*counter) : "er"(by) : "cc");
}

/* Is the word this constant at the moment? */
static inline bool atomic_is(const uint64_t *word, int32_t constant)
{
	bool is;

	__asm__ volatile("cmpq %2, %1" : "=@cce"(is) : "m"(*word), "er"((int64_t)constant));
	return is;
}

#endif
