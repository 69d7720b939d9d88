/* Host timers: a callback at a moment, any number of them, on one local APIC timer a CPU. */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include "kernel/timer_heap.h"
#include "lib/types.h"

#define TIMER_NEVER UINT64_MAX

struct cpu;
struct timer;

/* Called once, at or after the deadline, in interrupt context (IRQs off) on the CPU that armed the
 * timer; may arm it again. May take locks that are always taken with IRQs off. */
typedef void (*timer_function)(struct timer *timer);

struct timer {
	timer_function function; /* constant */
	void *owner;             /* for the function; constant */
	/* The rest is the queue's, guarded by the lock of `cpu`'s queue. */
	struct cpu *cpu; /* whose queue it is in, or was; null before the first arming; atomic */
	struct timer_node node;
};

void timer_init(struct timer *timer, timer_function function, void *owner);

/* Arms the timer for `deadline` (time_ticks()) on the CPU that calls, wherever it was armed before;
 * a deadline that has passed fires at once. While its function runs on another CPU, it is that CPU
 * on which it is armed: the function never runs twice at a time. Any context but NMI. */
void timer_arm(struct timer *timer, uint64_t deadline);
/* The same for one that is armed on this CPU, and a later deadline, when the interrupt that timer_arm() would let
 * find nothing costs more than setting the hardware anew. */
void timer_put_off(struct timer *timer, uint64_t deadline);

/* After it returns the function is not called, and does not run on another CPU, until the timer is
 * armed again. Not from within the timer's own function. The caller holds no lock that the function takes. */
void timer_cancel(struct timer *timer);

/* Calls the functions of this CPU's timers that are due, and sets the hardware for the next: for the
 * timer interrupt's handler, and for a backend that ends a guest's time itself when one is due. IRQs
 * off. */
void timer_run_due(void);

#endif
