/* The line of vCPUs before a CPU. */
#include "vm/schedule/run_queue.h"

#include "lib/assert.h"

static bool is_movable(const struct vcpu *vcpu)
{
	return vcpu->pinned_cpu < 0;
}

/* Stored atomically: an idle CPU, or one that shares out work, looks without the lock. */
static void count(struct run_queue *queue, const struct vcpu *vcpu, int by)
{
	uint32_t movable = is_movable(vcpu) ? (uint32_t)by : 0;

	__atomic_store_n(&queue->length, queue->length + (uint32_t)by, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->movable, queue->movable + movable, __ATOMIC_RELAXED);
}

void run_queue_init(struct run_queue *queue)
{
	list_init(&queue->waiting);
	queue->length = 0;
	queue->movable = 0;
}

void run_queue_append(struct run_queue *queue, struct vcpu *vcpu)
{
	assert(!vcpu->queued);
	list_append(&queue->waiting, &vcpu->run_link);
	vcpu->queued = true;
	count(queue, vcpu, 1);
}

static struct vcpu *take_out(struct run_queue *queue, struct list *link)
{
	struct vcpu *vcpu = list_entry(link, struct vcpu, run_link);

	assert(vcpu->queued);
	list_remove(link);
	vcpu->queued = false;
	count(queue, vcpu, -1);
	return vcpu;
}

struct vcpu *run_queue_take(struct run_queue *queue)
{
	struct list *link = list_first(&queue->waiting);

	return link ? take_out(queue, link) : NULL;
}

struct vcpu *run_queue_take_movable(struct run_queue *queue)
{
	if (!queue->movable)
		return NULL;
	for (struct list *link = queue->waiting.previous; link != &queue->waiting;
	     link = link->previous)
		if (is_movable(list_entry(link, struct vcpu, run_link)))
			return take_out(queue, link);
	return NULL;
}
