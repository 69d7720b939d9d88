/* A bit for each CPU. Every change is a locked instruction, and so a full barrier: who queues work
 * writes the queue before it looks at the bit, and who goes idle sets the bit before it looks at the
 * queue. */
#include "vm/schedule/idle_cpus.h"

#include "kernel/cpu_nudge.h"
#include "kernel/cpu_sleep.h"
#include "lib/bits.h"
#include "vm/manager.h"
#include "vm/schedule/scheduler_cpu.h"

#define WORD_BITS 64

static uint64_t marks[MAX_CPUS / WORD_BITS]; /* atomic */

static void idle_mark(const struct cpu *cpu)
{
	__atomic_fetch_or(&marks[cpu->index / WORD_BITS], BIT(cpu->index % WORD_BITS),
			  __ATOMIC_SEQ_CST);
}

/* True when the mark was there, and it was this call that took it away. */
static bool take_mark(const struct cpu *cpu)
{
	uint64_t bit = BIT(cpu->index % WORD_BITS);

	return __atomic_fetch_and(&marks[cpu->index / WORD_BITS], ~bit, __ATOMIC_SEQ_CST) & bit;
}

/* Mostly who wakes a CPU has taken its mark. */
static void idle_unmark(const struct cpu *cpu)
{
	if (__atomic_load_n(&marks[cpu->index / WORD_BITS], __ATOMIC_RELAXED) &
	    BIT(cpu->index % WORD_BITS))
		(void)take_mark(cpu);
}

struct cpu *idle_claim(void)
{
	for (unsigned i = 0; i * WORD_BITS < cpu_count(); i++) {
		uint64_t word = __atomic_load_n(&marks[i], __ATOMIC_RELAXED);

		while (word) {
			struct cpu *cpu =
				cpu_by_index(i * WORD_BITS + (unsigned)__builtin_ctzll(word));

			if (take_mark(cpu))
				return cpu;
			word &= word - 1;
		}
	}
	return NULL;
}

/* Only who took the mark away comes here, so that one write or one IPI is all that a CPU gets. */
void idle_wake(struct cpu *cpu)
{
	struct scheduler *s = scheduler_of(cpu);

	if (s->monitors)
		__atomic_fetch_add(&s->roused, 1, __ATOMIC_RELEASE);
	else
		cpu_kick(cpu);
}

void idle_rouse(struct cpu *cpu)
{
	if (take_mark(cpu))
		idle_wake(cpu);
}

/* What comes on this CPU itself, by a timer, ends its sleep by coming. */
void idle_rouse_waiting(struct cpu *cpu)
{
	struct scheduler *s = scheduler_of(cpu);

	if (cpu == this_cpu())
		return;
	if (s->monitors)
		__atomic_fetch_add(&s->roused, 1, __ATOMIC_RELEASE);
	else
		cpu_nudge(cpu);
}

static void set_waits_for(struct scheduler *s, struct vcpu *vcpu)
{
	__atomic_store_n(&s->waits_for, vcpu, __ATOMIC_SEQ_CST);
}

static bool finds_work(const struct scheduler *s)
{
	return __atomic_load_n(&s->queue.length, __ATOMIC_SEQ_CST) || !vm_running_count() ||
	       (s->halted && scheduler_is_due(s->halted));
}

/* Interrupts are off from the mark to the sleep. The line is watched before the queue is looked at, and
 * the vCPU that is waited for: who brings something after that look finds the mark, or that it is waited for,
 * and writes. */
bool idle_sleep(struct scheduler *s)
{
	bool sleeps;

	interrupts_disable();
	idle_mark(s->cpu);
	set_waits_for(s, s->halted);
	if (s->monitors)
		cpu_monitor(&s->roused);
	sleeps = !finds_work(s);
	if (!sleeps)
		interrupts_enable();
	else if (s->monitors)
		cpu_sleep_monitored();
	else
		interrupts_enable_and_halt();
	set_waits_for(s, NULL);
	idle_unmark(s->cpu);
	return sleeps;
}
