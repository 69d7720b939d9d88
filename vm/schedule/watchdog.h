/* Guests that must end and do not: a VM with a deadline that runs or halts past it is stopped by
 * name, so that a run never hangs. */
#ifndef VM_SCHEDULE_WATCHDOG_H
#define VM_SCHEDULE_WATCHDOG_H

#include "lib/error.h"
#include "lib/types.h"

#define WATCHDOG_PERIOD_US 10000
/* While no VM has a deadline. */
#define WATCHDOG_IDLE_US   1000000

/* What the judgement is made of, times in microseconds. */
struct watchdog_view {
	uint64_t deadline_us;  /* 0: none */
	unsigned live_vcpus;   /* not ended */
	unsigned halted_vcpus; /* of these, blocked */
	uint64_t halted_us;    /* for how long all of them have been, when they all are */
	uint64_t busiest_us;   /* turns of the live vCPU that had most, their exits handled */
	unsigned busiest_vcpu;
};

/* ERROR_TIMEOUT with the sentence when the VM has to be stopped. Pure. */
enum error watchdog_judge(const struct watchdog_view *view, struct reason *why) must_check;

/* Called by every CPU between turns, `now` in ticks: once a period, one of them looks at all VMs.
 * IRQs on. */
void watchdog_look(uint64_t now);

/* A VM that has a deadline was started. Any CPU. */
void watchdog_wake(void);

#endif
