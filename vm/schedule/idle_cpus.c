/* A bit for each CPU. Every change is a locked instruction, and so a full barrier: who queues work
 * writes the queue before it looks at the bit, and who goes idle sets the bit before it looks at the
 * queue. */
#include "vm/schedule/idle_cpus.h"

#include "lib/bits.h"

#define WORD_BITS 64

static uint64_t marks[MAX_CPUS / WORD_BITS]; /* atomic */

void idle_mark(const struct cpu *cpu)
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

void idle_unmark(const struct cpu *cpu)
{
	(void)take_mark(cpu);
}

struct cpu *idle_claim(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(marks); i++) {
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

void idle_rouse(struct cpu *cpu)
{
	if (take_mark(cpu))
		cpu_kick(cpu);
}
