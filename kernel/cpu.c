/* The table of CPUs. */
#include "kernel/cpu.h"

#include "kernel/cpu_table.h"
#include "kernel/interrupts.h"
#include "kernel/lapic.h"
#include "kernel/panic.h"
#include "kernel/recorder.h"
#include "lib/assert.h"

/* The bootstrap processor's row is part of the image: %gs points here from the start. */
struct cpu boot_cpu __attribute__((section(".percpu")));

/* Rows are added by the bootstrap processor before the others start, and stay. */
static struct cpu *table[MAX_CPUS] = { &boot_cpu };
static unsigned count = 1;

unsigned cpu_count(void)
{
	return count;
}

struct cpu *cpu_by_index(unsigned index)
{
	assert(index < count);
	return table[index];
}

struct cpu **cpu_table(void)
{
	return table;
}

bool cpu_table_add(struct cpu *cpu)
{
	if (count == MAX_CPUS)
		return false;
	cpu->self = cpu;
	cpu->index = count;
	cpu->holder = cpu->index + 1;
	table[count++] = cpu;
	return true;
}

unsigned cpu_online_count(void)
{
	unsigned online = 0;

	for (unsigned i = 0; i < count; i++)
		online += __atomic_load_n(&table[i]->state, __ATOMIC_ACQUIRE) == CPU_ONLINE;
	return online;
}

void cpu_send(struct cpu *cpu, unsigned vector)
{
	if (!lapic_send(cpu->apic_id, DELIVER_FIXED, vector))
		panic("the local APIC of CPU %u does not send IPIs", this_cpu()->index);
}

void cpu_kick(struct cpu *cpu)
{
	const struct recorder_event event = { .kind = RECORD_KICK, .value = cpu->index };

	if (cpu == this_cpu()) {
		cpu_set_resched();
		return;
	}
	(void)recorder_note(&event);
	__atomic_store_n(&cpu->attention, true, __ATOMIC_RELEASE);
	cpu_send(cpu, VECTOR_KICK);
}
