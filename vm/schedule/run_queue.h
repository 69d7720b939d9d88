/* A round-robin queue of vCPUs that are ready to run. Pure: the owner serialises access. Adding and
 * picking cost the same however many wait. */
#ifndef VM_SCHEDULE_RUN_QUEUE_H
#define VM_SCHEDULE_RUN_QUEUE_H

#include "lib/assert.h"
#include "lib/list.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

struct run_queue {
	struct list
		first; /* vcpu->run_link: who goes before all that wait, the next to run first */
	struct list waiting; /* and those that wait for their turn, likewise */
	uint32_t length;     /* atomic to read without the owner's lock */
	uint32_t movable;    /* of these, how many may run on another CPU; likewise */
};

void run_queue_init(struct run_queue *queue);

/* To the end of the line; the vCPU is in no queue. */
void run_queue_append(struct run_queue *queue, struct vcpu *vcpu);

/* To the head of those that wait: its turn was broken off. */
void run_queue_put_back(struct run_queue *queue, struct vcpu *vcpu);

/* Takes out the one whose turn it is; null when nobody waits. */
struct vcpu *run_queue_take(struct run_queue *queue);

/* Both in one: appends `vcpu`, whose turn is over, and takes out whose turn it is now. */
struct vcpu *run_queue_exchange(struct run_queue *queue, struct vcpu *vcpu);

/* The same in two steps, for who wants to look first: whose turn would be next. False when nobody waits, or
 * somebody goes before all that do. */
static inline bool run_queue_next_in_line(const struct run_queue *queue, struct vcpu **next)
{
	struct list *link = queue->waiting.next;

	*next = list_entry(link, struct vcpu, run_link);
	return likely(list_is_empty(&queue->first) && link != &queue->waiting);
}

static inline bool run_queue_may_move(const struct vcpu *vcpu)
{
	return vcpu->pinned_cpu < 0;
}

/* Stored atomically: an idle CPU, or one that shares out work, looks without the lock. */
static inline void run_queue_count(struct run_queue *queue, const struct vcpu *vcpu, int by)
{
	uint32_t movable = run_queue_may_move(vcpu) ? (uint32_t)by : 0;

	__atomic_store_n(&queue->length, queue->length + (uint32_t)by, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->movable, queue->movable + movable, __ATOMIC_RELAXED);
}

/* `before` is the link of who comes next, or the end of a list. */
static inline void run_queue_insert(struct run_queue *queue, struct vcpu *vcpu, struct list *before)
{
	assert(!vcpu->queued);
	list_append(before, &vcpu->run_link);
	vcpu->queued = true;
	run_queue_count(queue, vcpu, 1);
}

/* Before all that wait, but behind those that came in this way: it still has something left of its turn. */
static inline void run_queue_append_first(struct run_queue *queue, struct vcpu *vcpu)
{
	run_queue_insert(queue, vcpu, &queue->first);
}

/* One was taken out, another put in: as many as before. */
static inline void run_queue_replaced(struct run_queue *queue, struct vcpu *out, struct vcpu *in)
{
	out->queued = false;
	in->queued = true;
	if (unlikely(run_queue_may_move(in) != run_queue_may_move(out)))
		__atomic_store_n(&queue->movable,
				 queue->movable + (run_queue_may_move(in) ? 1 : -1u),
				 __ATOMIC_RELAXED);
}

/* And the second: that one is taken out, and `vcpu` appended. */
static inline void run_queue_rotate(struct run_queue *queue, struct vcpu *vcpu, struct vcpu *next)
{
	assert_slow(!vcpu->queued && next->queued);
	assert_slow(queue->waiting.next == &next->run_link);
	list_rotate(&queue->waiting, &vcpu->run_link);
	run_queue_replaced(queue, next, vcpu);
}

/* Who goes before all that wait. False when nobody does. */
static inline bool run_queue_goes_first(const struct run_queue *queue, struct vcpu **next)
{
	struct list *link = queue->first.next;

	*next = list_entry(link, struct vcpu, run_link);
	return likely(link != &queue->first);
}

/* That one is taken out, and `vcpu`, whose turn is broken off, put back. */
static inline void run_queue_go_before(struct run_queue *queue, struct vcpu *vcpu,
				       struct vcpu *next)
{
	assert_slow(!vcpu->queued && next->queued);
	list_remove(&next->run_link);
	list_append(queue->waiting.next, &vcpu->run_link);
	run_queue_replaced(queue, next, vcpu);
}

/* Takes out the one that would wait longest and may move; null when there is none. A rare call:
 * it walks past pinned vCPUs. */
struct vcpu *run_queue_take_movable(struct run_queue *queue);

#endif
