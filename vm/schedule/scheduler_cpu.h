/* A CPU's part of the scheduler, for the files that make it up: vm/schedule/scheduler.c, the queues and the
 * loop, and vm/schedule/blocking.c, halts and what ends them. */
#ifndef VM_SCHEDULE_SCHEDULER_CPU_H
#define VM_SCHEDULE_SCHEDULER_CPU_H

#include "kernel/cpu.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include "lib/types.h"
#include "vm/schedule/run_queue.h"

struct scheduler {
	struct cpu *cpu; /* constant */
	/* Guards `queue` and, of the vCPUs with this queue_cpu, blocking and waking. */
	struct spinlock lock;
	struct run_queue queue;
	uint32_t load;       /* vCPUs waiting or running here; atomic to read, lock to write */
	uint32_t turns;      /* this CPU only */
	uint64_t next_drain; /* time_ticks(); this CPU only */
	/* Where the time of this CPU goes, in ticks: in guests, with their exits, halted; and when the
	 * scheduler began and ended (0: it has not). This CPU writes, any reads. */
	uint64_t guest_ticks, exit_ticks, idle_ticks;
	uint64_t began, ended;
	struct timer alarm; /* ends a turn that does not end, and a halt; this CPU only */
};
_Static_assert(sizeof(struct scheduler) <= PAGE_SIZE, "a scheduler fits a page");

static inline struct scheduler *scheduler_of(const struct cpu *cpu)
{
	return (struct scheduler *)__atomic_load_n(&cpu->scheduler, __ATOMIC_ACQUIRE);
}

/* Under the lock. */
static inline void scheduler_change_load(struct scheduler *s, int by)
{
	__atomic_store_n(&s->load, s->load + (uint32_t)by, __ATOMIC_RELAXED);
}

/* This CPU's own counters of time. */
static inline void scheduler_add_ticks(uint64_t *counter, uint64_t ticks)
{
	__atomic_store_n(counter, *counter + ticks, __ATOMIC_RELAXED);
}

/* Blocks a vCPU at the end of its turn on this CPU, unless it has a reason to run. Its load has been
 * taken off already. */
void scheduler_block(struct scheduler *s, struct vcpu *vcpu);

#endif
