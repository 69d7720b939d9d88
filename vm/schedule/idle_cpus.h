/* Which CPUs sleep for lack of work. Who takes a CPU's mark away has to wake it. Any CPU, no lock. */
#ifndef VM_SCHEDULE_IDLE_CPUS_H
#define VM_SCHEDULE_IDLE_CPUS_H

#include "kernel/cpu.h"
#include "lib/types.h"

struct scheduler;

/* Marks this CPU, looks for work a last time, and sleeps until somebody takes the mark away or an interrupt
 * comes; then there is no mark. False: there was work. IRQs on. */
bool idle_sleep(struct scheduler *s);

/* Takes the mark of some idle CPU away; null when none is idle. The caller wakes it. */
struct cpu *idle_claim(void);
void idle_wake(struct cpu *cpu);

/* After work was put before `cpu`: takes its mark away and wakes it, if it has one. */
void idle_rouse(struct cpu *cpu);

/* For who has an interrupt for the vCPU that `cpu` waits for (struct scheduler): it sleeps no longer. */
void idle_rouse_waiting(struct cpu *cpu);

#endif
