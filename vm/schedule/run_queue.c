/* The line of vCPUs before a CPU. */
#include "vm/schedule/run_queue.h"

void run_queue_init(struct run_queue *queue)
{
	list_init(&queue->first);
	list_init(&queue->waiting);
	queue->length = 0;
	queue->movable = 0;
}

void run_queue_append(struct run_queue *queue, struct vcpu *vcpu)
{
	run_queue_insert(queue, vcpu, &queue->waiting);
}

void run_queue_put_back(struct run_queue *queue, struct vcpu *vcpu)
{
	run_queue_insert(queue, vcpu, queue->waiting.next);
}

static struct vcpu *take_out(struct run_queue *queue, struct list *link)
{
	struct vcpu *vcpu = list_entry(link, struct vcpu, run_link);

	assert(vcpu->queued);
	list_remove(link);
	vcpu->queued = false;
	run_queue_count(queue, vcpu, -1);
	return vcpu;
}

struct vcpu *run_queue_take(struct run_queue *queue)
{
	struct list *link = list_first(&queue->first);

	if (likely(!link))
		link = list_first(&queue->waiting);
	return link ? take_out(queue, link) : NULL;
}

struct vcpu *run_queue_exchange(struct run_queue *queue, struct vcpu *vcpu)
{
	struct vcpu *next;

	if (unlikely(!run_queue_next_in_line(queue, &next))) {
		run_queue_append(queue, vcpu);
		return run_queue_take(queue);
	}
	assert(!vcpu->queued && next->queued);
	run_queue_rotate(queue, vcpu, next);
	return next;
}

static struct vcpu *take_movable_of(struct run_queue *queue, struct list *of)
{
	for (struct list *link = of->previous; link != of; link = link->previous)
		if (run_queue_may_move(list_entry(link, struct vcpu, run_link)))
			return take_out(queue, link);
	return NULL;
}

cold_fn struct vcpu *run_queue_take_movable(struct run_queue *queue)
{
	struct vcpu *vcpu;

	if (!queue->movable)
		return NULL;
	vcpu = take_movable_of(queue, &queue->waiting);
	return vcpu ? vcpu : take_movable_of(queue, &queue->first);
}
