/* The pairing heap of timers. `previous` lets any node be taken out without a search. */
#include "kernel/timer_heap.h"

/* Two trees without siblings become one: the later becomes the first child of the earlier. */
static struct timer_node *meld(struct timer_node *a, struct timer_node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->deadline < a->deadline) {
		struct timer_node *later = a;

		a = b;
		b = later;
	}
	b->previous = a;
	b->next = a->child;
	if (a->child)
		a->child->previous = b;
	a->child = b;
	return a;
}

static struct timer_node *detach(struct timer_node *node)
{
	struct timer_node *next = node->next;

	node->next = node->previous = NULL;
	return next;
}

/* One tree of a list of siblings: from the left in pairs, then the pairs from the right. */
static struct timer_node *meld_siblings(struct timer_node *first)
{
	struct timer_node *pairs = NULL, *all = NULL;

	while (first) {
		struct timer_node *a = first, *b = detach(a);

		first = b ? detach(b) : NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer_node *pair = pairs;

		pairs = detach(pair);
		all = meld(all, pair);
	}
	return all;
}

void timer_heap_add(struct timer_heap *heap, struct timer_node *node)
{
	node->child = node->next = node->previous = NULL;
	node->queued = true;
	heap->root = meld(heap->root, node);
}

/* The first, with no more than one child: what there is to do where timers are few. */
static bool remove_lonely_first(struct timer_heap *heap, const struct timer_node *node)
{
	struct timer_node *child = node->child;

	if (heap->root != node || (child && child->next))
		return false;
	heap->root = child;
	if (child)
		child->previous = NULL;
	return true;
}

static void remove_any(struct timer_heap *heap, const struct timer_node *node)
{
	struct timer_node *children = meld_siblings(node->child);

	if (heap->root == node) {
		heap->root = children;
	} else {
		if (node->previous->child == node)
			node->previous->child = node->next;
		else
			node->previous->next = node->next;
		if (node->next)
			node->next->previous = node->previous;
		heap->root = meld(heap->root, children);
	}
}

void timer_heap_remove(struct timer_heap *heap, struct timer_node *node)
{
	if (!remove_lonely_first(heap, node))
		remove_any(heap, node);
	node->child = node->next = node->previous = NULL;
	node->queued = false;
}
