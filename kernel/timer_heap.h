/* The timers of one CPU by deadline: a pairing heap whose links are in its elements, so that any
 * number of them needs no memory. Adding costs a few instructions, taking out the first or any other
 * is logarithmic over time. Equal deadlines come out in no particular order. Pure: the owner
 * serialises access. Fredman, Sedgewick, Sleator, Tarjan: "The pairing heap", Algorithmica 1, 1986. */
#ifndef KERNEL_TIMER_HEAP_H
#define KERNEL_TIMER_HEAP_H

#include "lib/types.h"

struct timer_node {
	uint64_t deadline; /* constant while in a heap */
	bool queued;
	struct timer_node *child;    /* the first of its children, none of which is earlier */
	struct timer_node *next;     /* the next child of the same parent */
	struct timer_node *previous; /* the one before it, or of the first child the parent */
};

struct timer_heap {
	struct timer_node *root; /* the earliest, or null */
};

/* `node` is in no heap. */
void timer_heap_add(struct timer_heap *heap, struct timer_node *node);

/* `node` is in this heap. */
void timer_heap_remove(struct timer_heap *heap, struct timer_node *node);

#endif
