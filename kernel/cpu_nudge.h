/* The least that one CPU can ask of another: to leave its guest, if it runs one, and to look at what waits
 * for it before it goes back. Inline, since that is the way of interrupts between guests' vCPUs. */
#ifndef KERNEL_CPU_NUDGE_H
#define KERNEL_CPU_NUDGE_H

#include "kernel/cpu.h"
#include "kernel/interrupts.h"
#include "kernel/lapic.h"

/* Not for this CPU. Any context. */
static inline void cpu_nudge(struct cpu *cpu)
{
	__atomic_store_n(&cpu->attention, true, __ATOMIC_RELEASE);
	if (likely(lapic_way.x2apic))
		lapic_send_x2apic(cpu->apic_id, LAPIC_ASSERT | VECTOR_NUDGE);
	else
		cpu_send(cpu, VECTOR_NUDGE);
}

/* What the CPU that is nudged does with the interrupt, which its hardware has acknowledged: that it came
 * is all. IRQs off. */
static inline void cpu_take_nudge(struct cpu *cpu)
{
	cpu->irq_count++;
	lapic_eoi();
}

#endif
