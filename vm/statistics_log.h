/* Statistics in the log: tables for people, marked by a bar, and lines of key=value (docs/wire.md). Any
 * CPU; of what still runs, as far as it has been counted. */
#ifndef VM_STATISTICS_LOG_H
#define VM_STATISTICS_LOG_H

#include "kernel/command_line.h"
#include "lib/types.h"

struct vm;

/* Of one VM, in the forms that `mode` names. */
void statistics_log_vm(const struct vm *vm, enum stats_mode mode);

/* When a VM ends: as stats= says or, without it, a table if its board wants one. */
void statistics_log_end(const struct vm *vm);

/* What each CPU did with its time. */
void statistics_log_cpus(enum stats_mode mode);

/* At the end of the run: the same, if anything was told of a VM. */
void statistics_log_end_of_run(void);

#endif
