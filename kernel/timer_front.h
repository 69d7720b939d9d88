/* What stands first on a CPU: its queue's next timer, or the deadline of the guest that it runs, which is
 * in no queue. The hardware (kernel/lapic.h) is set for the earlier of the two. Who runs the guest may
 * answer the interrupt that comes for it here, without the queue and its lock; the interrupt's handler
 * (kernel/timer.c) takes the deadline away, too.
 *
 * All of it is done on the CPU itself, IRQs off. */
#ifndef KERNEL_TIMER_FRONT_H
#define KERNEL_TIMER_FRONT_H

#include "kernel/cpu.h"
#include "kernel/lapic.h"
#include "kernel/timer.h"
#include "lib/types.h"
#include "x86/instructions.h"

/* The hardware is set so much early, in ticks: the way out of a guest takes longer, and who is here before
 * the deadline waits for it. */
#define TIMER_LEAD 150u

/* Touched by that CPU alone, but for what is atomic. */
struct timer_front {
	uint64_t next; /* the first deadline of the queue, TIMER_NEVER without; atomic */
	/* The deadline of the guest that runs here, in no queue; TIMER_NEVER: none. Whoever runs the
	 * guest sets it, and finds it taken away when it has come. */
	uint64_t guest;
	uint64_t set_for; /* what the hardware was set for; TIMER_NEVER: nothing */
};

/* This CPU's: constant. */
struct timer_front *timer_front_here(void);

static inline void timer_set_hardware(struct timer_front *front, uint64_t deadline)
{
	front->set_for = deadline;
	lapic_timer_start(deadline > TIMER_LEAD ? deadline - TIMER_LEAD : 1);
}

/* The guest's deadline is another one, or TIMER_NEVER. An earlier one that the hardware is set for costs
 * an interrupt. */
static inline void timer_set_guest(struct timer_front *front, uint64_t deadline)
{
	front->guest = deadline;
	if (deadline < front->set_for)
		timer_set_hardware(front, deadline);
}

/* Waits for a deadline that is at hand. Returns the time. */
static inline uint64_t timer_wait_until(uint64_t deadline)
{
	uint64_t now;

	while ((now = read_tsc()) < deadline)
		cpu_relax();
	return now;
}

/* The timer interrupt has come: is it for the guest alone, whose deadline is at hand? No timer of the queue
 * is due before. */
static inline bool timer_is_for_guest(const struct timer_front *front)
{
	return front->guest <= __atomic_load_n(&front->next, __ATOMIC_RELAXED) &&
	       front->guest <= read_tsc() + TIMER_LEAD;
}

/* If so, in place of the interrupt's handler: takes the deadline away, sets the hardware for what is next,
 * ends the interrupt, and waits for the deadline. Returns the time. */
static inline uint64_t timer_take_guest(struct timer_front *front)
{
	uint64_t deadline = front->guest, next = __atomic_load_n(&front->next, __ATOMIC_RELAXED);

	front->guest = TIMER_NEVER;
	front->set_for = TIMER_NEVER;
	if (likely(next != TIMER_NEVER))
		timer_set_hardware(front, next);
	this_cpu()->irq_count++;
	lapic_eoi();
	return timer_wait_until(deadline);
}

#endif
