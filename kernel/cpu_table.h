/* Filling the table of CPUs: boot only. */
#ifndef KERNEL_CPU_TABLE_H
#define KERNEL_CPU_TABLE_H

#include "kernel/cpu.h"

extern struct cpu boot_cpu;

/* Gives `cpu` the next index and a row; false when MAX_CPUS rows are taken. */
bool cpu_table_add(struct cpu *cpu) must_check;

/* The rows themselves, cpu_count() of them: for the CPUs' start-up code. */
struct cpu **cpu_table(void);

#endif
