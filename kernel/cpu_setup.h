/* Making a CPU ready: its tables, stacks and control registers. */
#ifndef KERNEL_CPU_SETUP_H
#define KERNEL_CPU_SETUP_H

#include "kernel/cpu.h"
#include "lib/error.h"

/* Allocates descriptor tables and guarded stacks for `cpu`, whose index is set: an ordinary stack
 * too unless it has one. NoMemory with nothing kept is not promised: a CPU that cannot be made
 * ready is left out for the whole run. */
enum error cpu_setup_prepare(struct cpu *cpu, struct reason *why) must_check;

/* On the CPU itself, before anything is mapped with a cache type of its own: sets the PAT. */
void cpu_setup_cache_types(void);

/* On the CPU itself: loads tables, sets control registers, PAT and the local APIC. */
void cpu_setup_load(struct cpu *cpu);

#endif
