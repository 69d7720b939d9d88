/* A queue of timers for each CPU, and the local APIC's timer set for the first of them, or for the
 * deadline of the guest that runs there if that comes first. The hardware is set again only when an
 * earlier deadline comes: one that goes away costs an interrupt that finds nothing due, and is answered by
 * setting the timer for what is left. */
#include "kernel/timer.h"

#include "kernel/cpu.h"
#include "kernel/recorder.h"
#include "kernel/spinlock.h"
#include "kernel/timer_front.h"
#include "lib/assert.h"
#include "x86/instructions.h"

struct timer_queue {
	struct spinlock lock; /* guards the rest, and the timers in the heap */
	struct timer_heap heap;
	struct timer *running; /* whose function this CPU calls at this moment, or null */
	uint64_t pass;         /* when the present round of calls began; 0 outside of one */
	struct timer_front front;
} aligned_to(64);

static struct timer_queue queues[MAX_CPUS] = {
	[0 ... MAX_CPUS - 1] = { .lock = SPINLOCK_INIT("timers"),
				 .front = { TIMER_NEVER, TIMER_NEVER, TIMER_NEVER } },
};

static struct timer_queue *queue_of(const struct cpu *cpu)
{
	return &queues[cpu->index];
}

static struct timer *timer_of(struct timer_node *node)
{
	return container_of(node, struct timer, node);
}

static void note_first(struct timer_queue *queue)
{
	const struct timer_node *first = queue->heap.root;

	__atomic_store_n(&queue->front.next, first ? first->deadline : TIMER_NEVER,
			 __ATOMIC_RELAXED);
}

static void add(struct timer_queue *queue, struct timer *timer, uint64_t deadline)
{
	/* One that arms itself for what has passed waits for the next round, lest this one never
	 * ends. */
	timer->node.deadline = deadline > queue->pass ? deadline : queue->pass + 1;
	timer_heap_add(&queue->heap, &timer->node);
	note_first(queue);
}

static void take_out(struct timer_queue *queue, struct timer *timer)
{
	if (!timer->node.queued)
		return;
	timer_heap_remove(&queue->heap, &timer->node);
	note_first(queue);
}

static uint64_t first_of(const struct timer_front *front)
{
	uint64_t next = __atomic_load_n(&front->next, __ATOMIC_RELAXED);

	return next < front->guest ? next : front->guest;
}

/* This CPU's queue. A round of calls ends with this anyway. */
static void set_hardware(struct timer_queue *queue)
{
	uint64_t first = first_of(&queue->front);

	if (first < queue->front.set_for && !queue->pass)
		timer_set_hardware(&queue->front, first);
}

void timer_init(struct timer *timer, timer_function function, void *owner)
{
	*timer = (struct timer) { .function = function, .owner = owner };
}

/* Takes the lock of the queue that the timer is or was in; null, and no lock, before it was in any. */
static struct timer_queue *lock_queue(struct timer *timer, uint64_t *flags)
{
	for (;;) {
		struct cpu *cpu = __atomic_load_n(&timer->cpu, __ATOMIC_ACQUIRE);

		if (!cpu)
			return NULL;
		*flags = spinlock_acquire(&queue_of(cpu)->lock);
		if (__atomic_load_n(&timer->cpu, __ATOMIC_RELAXED) == cpu)
			return queue_of(cpu);
		spinlock_release(&queue_of(cpu)->lock, *flags);
	}
}

/* Brings the timer to the queue of this CPU, or of the one that runs its function: into none yet.
 * Returns that queue, locked. */
static struct timer_queue *claim(struct timer *timer, uint64_t *flags)
{
	for (;;) {
		struct timer_queue *queue = lock_queue(timer, flags), *here;

		here = queue_of(this_cpu());
		if (queue) {
			take_out(queue, timer);
			if (queue == here || queue->running == timer)
				return queue;
			/* Between the two locks it is in no queue, and another CPU may claim it. */
			__atomic_store_n(&timer->cpu, this_cpu(), __ATOMIC_RELEASE);
			spinlock_release(&queue->lock, *flags);
		} else {
			struct cpu *nobody = NULL;

			(void)__atomic_compare_exchange_n(&timer->cpu, &nobody, this_cpu(), false,
							  __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
		}
	}
}

/* Mostly it was armed on this CPU before. Null, and no lock, when it was not. */
static struct timer_queue *lock_queue_here(const struct timer *timer, uint64_t *flags)
{
	const struct cpu *cpu = this_cpu();
	struct timer_queue *queue = queue_of(cpu);

	*flags = spinlock_acquire(&queue->lock);
	if (likely(__atomic_load_n(&timer->cpu, __ATOMIC_RELAXED) == cpu))
		return queue;
	spinlock_release(&queue->lock, *flags);
	return NULL;
}

/* Returns the queue that it is in now, locked. */
static inline struct timer_queue *move(struct timer *timer, uint64_t deadline, uint64_t *flags)
{
	struct timer_queue *queue = lock_queue_here(timer, flags);

	if (likely(queue))
		take_out(queue, timer);
	else
		queue = claim(timer, flags);
	add(queue, timer, deadline);
	return queue;
}

void timer_arm(struct timer *timer, uint64_t deadline)
{
	uint64_t flags;
	struct timer_queue *queue = move(timer, deadline, &flags);

	/* Another CPU that runs the function looks at its queue once more afterwards. */
	if (queue == queue_of(this_cpu())) {
		set_hardware(queue);
		cpu_draw_attention();
	}
	spinlock_release(&queue->lock, flags);
}

void timer_put_off(struct timer *timer, uint64_t deadline)
{
	uint64_t flags;
	struct timer_queue *queue = move(timer, deadline, &flags);

	if (queue == queue_of(this_cpu())) {
		queue->front.set_for = TIMER_NEVER;
		set_hardware(queue);
	}
	spinlock_release(&queue->lock, flags);
}

void timer_cancel(struct timer *timer)
{
	bool running = true;

	while (running) {
		uint64_t flags;
		struct timer_queue *queue = lock_queue(timer, &flags);

		if (!queue)
			return;
		/* Afterwards, lest the function arms it again meanwhile. */
		running = queue->running == timer;
		if (!running)
			take_out(queue, timer);
		spinlock_release(&queue->lock, flags);
		assert(!running || queue != queue_of(this_cpu()));
		if (running)
			cpu_relax();
	}
}

struct timer_front *timer_front_here(void)
{
	return &queue_of(this_cpu())->front;
}

static void note(const struct timer *timer, uint64_t now)
{
	const struct record_head head = { .kind = RECORD_TIMER };
	struct recorder *recorder = this_cpu()->recorder;

	/* None before this CPU runs guests. */
	if (recorder)
		(void)recorder_put(recorder, now, head, now - timer->node.deadline,
				   (uintptr_t)timer->function, NULL);
}

/* Now, or the first deadline when that is at hand. */
static uint64_t begin_pass(const struct timer_queue *queue)
{
	uint64_t first = first_of(&queue->front), now = read_tsc();

	return first > now && first - now <= TIMER_LEAD ? timer_wait_until(first) : now;
}

void timer_run_due(void)
{
	struct timer_queue *queue = queue_of(this_cpu());
	struct timer_front *front = &queue->front;

	spinlock_take(&queue->lock);
	queue->pass = begin_pass(queue);
	while (front->next <= queue->pass) {
		struct timer *timer = timer_of(queue->heap.root);

		take_out(queue, timer);
		queue->running = timer;
		spinlock_give(&queue->lock);
		note(timer, queue->pass);
		timer->function(timer);
		spinlock_take(&queue->lock);
		queue->running = NULL;
	}
	if (front->guest <= queue->pass)
		front->guest = TIMER_NEVER;
	queue->pass = 0;
	front->set_for = TIMER_NEVER;
	set_hardware(queue);
	spinlock_give(&queue->lock);
}
