/* A CPU's part of the scheduler, for the files that make it up: vm/schedule/scheduler.c, the queues and the
 * loop, and vm/schedule/blocking.c, halts and what ends them. */
#ifndef VM_SCHEDULE_SCHEDULER_CPU_H
#define VM_SCHEDULE_SCHEDULER_CPU_H

#include "kernel/cpu.h"
#include "kernel/cpu_sleep.h"
#include "kernel/spinlock.h"
#include "kernel/timer.h"
#include "lib/types.h"
#include "vm/schedule/run_queue.h"
#include "vm/vcpu/vcpu_interrupts.h"

/* How often a busy CPU feeds the serial port while the log waits for it: what its FIFO takes to run dry, 16
 * bytes of ten bits at 115200 baud, and a little more, as a look at one that has not is one for nothing. */
#define DRAIN_PERIOD_US 1450

struct scheduler {
	struct cpu *cpu; /* constant */
	/* Guards `queue` and, of the vCPUs with this queue_cpu, blocking and waking. */
	struct spinlock lock;
	struct run_queue queue;
	uint32_t load; /* vCPUs waiting or running here; atomic to read, lock to write */
	/* Between the choice of a vCPU and the next choice; lock. */
	bool busy;
	/* No other was there to be chosen, and the turn has no end: who queues one takes this down and
	 * kicks the CPU. Atomic to read, lock to write. */
	bool alone;
	/* One that was queued in the meantime goes first: likewise. */
	bool preempt;
	uint32_t turns; /* this CPU only, as all below but what is said of the counters */
	/* Lengths of time, in ticks; constant while it schedules. */
	uint64_t slice, allowance, backstop, backstop_woken, backstop_watched;
	uint64_t alone_ticks, drain_ticks, idle_most;
	void (*chores)(void); /* the bootstrap processor's, or null */
	uint64_t chores_ticks;
	uint64_t chores_often_until; /* then they are done when everything else is looked at */
	bool chores_called;          /* an interrupt says that there is something to do; atomic */
	/* The last one that had a turn and halted until an interrupt: while this CPU sleeps it waits for that
	 * one in particular. Null: none, or another had a turn since. This CPU's. */
	struct vcpu *halted;
	/* The same, while it does sleep: who has an interrupt for that vCPU need not queue it. Atomic: this
	 * CPU writes, any reads. */
	struct vcpu *waits_for;
	bool hurries; /* the next turn is that of one that was woken: the rest comes after it */
	uint64_t now; /* when the last turn, or halt, ended */
	uint64_t next_look; /* when it is time for what has to be done now and then */
	/* Where the time of this CPU goes, in ticks: in guests, with their exits, halted; and when the
	 * scheduler began and ended (0: it has not). This CPU writes, any reads. */
	uint64_t guest_ticks, exit_ticks, idle_ticks;
	uint64_t began, ended;
	/* Ends a turn that does not end, and a halt. Rings at `until`, but is armed for another moment
	 * mostly; TIMER_NEVER: it is not, or need not. Its function changes these, too. */
	struct timer alarm;
	uint64_t until, armed_for;
	bool shares;   /* there are other CPUs to hand vCPUs to; constant while it schedules */
	bool monitors; /* sleeps until `roused` is written; constant while it schedules, any reads */
	/* Alone in its cache line: written by who wakes this CPU; atomic. */
	uint32_t roused aligned_to(CPU_MONITOR_LINE);
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

/* Whom somebody who has queued a vCPU on a CPU has to tell, once its lock is released. */
enum scheduler_call { CALL_NOBODY, CALL_IDLE, CALL_RUNNING };

/* Under the lock: queues a vCPU that is Ready; `woken` from its halt, it may go first. The former at a moment
 * that is known. */
static inline must_check enum scheduler_call
scheduler_queue_at(struct scheduler *s, struct vcpu *vcpu, bool woken, uint64_t now)
{
	scheduler_change_load(s, +1);
	bool first = woken && slice_resume(&vcpu->slice, s->slice, s->load, now);

	if (first)
		run_queue_append_first(&s->queue, vcpu);
	else
		run_queue_append(&s->queue, vcpu);
	if (!s->busy)
		return CALL_IDLE;
	bool alone = s->alone, broken_off = s->preempt;
	/* What has been called for is not called for again. */
	__atomic_store_n(&s->alone, false, __ATOMIC_RELAXED);
	if (first)
		__atomic_store_n(&s->preempt, true, __ATOMIC_RELAXED);
	return alone || (first && !broken_off) ? CALL_RUNNING : CALL_NOBODY;
}
enum scheduler_call scheduler_queue(struct scheduler *s, struct vcpu *vcpu, bool woken) must_check;

/* Without it: an IPI at most, to a CPU that sleeps, or one that has to take another vCPU before its present
 * one's turn ends by itself. Any CPU. */
void scheduler_call(struct scheduler *s, enum scheduler_call call);

static inline bool scheduler_does_chores_often(const struct scheduler *s, uint64_t now)
{
	return now < s->chores_often_until;
}

/* An interrupt of the VM's controllers. Whatever the flag says: hardware that delivers by itself may
 * have been told of a request, the flag be clear, and the guest have halted before it was taken. */
static inline bool scheduler_is_requested(struct vcpu *vcpu)
{
	return vcpu->halted_interruptible && vcpu->interrupts && vcpu->interrupts->pending(vcpu);
}

/* Blocks a vCPU at the end of its turn on this CPU, unless it has a reason to run. */
void scheduler_block(struct scheduler *s, struct vcpu *vcpu);

/* Is there a reason to run for the vCPU that is Blocked on this CPU? */
bool scheduler_is_due(struct vcpu *vcpu) must_check;

/* Under the lock of this CPU's queue, at s->now, before another vCPU is chosen: who was waited for, and
 * has a reason to run, may have been told so by nothing but the end of the sleep. It becomes Ready; true:
 * it is to have the next turn, as nobody else waits. Else it is queued. */
bool scheduler_resume(struct scheduler *s, struct vcpu *vcpu) must_check;

#endif
