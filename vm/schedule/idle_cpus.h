/* Which CPUs halt for lack of work. Who takes a CPU's mark away owes it a kick. Any CPU, no lock. */
#ifndef VM_SCHEDULE_IDLE_CPUS_H
#define VM_SCHEDULE_IDLE_CPUS_H

#include "kernel/cpu.h"
#include "lib/types.h"

/* Marks this CPU before it looks for work a last time and halts; and afterwards the mark goes. */
void idle_mark(const struct cpu *cpu);
void idle_unmark(const struct cpu *cpu);

/* Takes the mark of some idle CPU away; null when none is idle. The caller kicks it. */
struct cpu *idle_claim(void);

/* After work was put before `cpu`: takes its mark away and kicks it, if it has one. */
void idle_rouse(struct cpu *cpu);

#endif
