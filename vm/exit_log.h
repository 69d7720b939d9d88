/* Exits in the log: a line each while somebody watches, counts when a VM ends, and the full story
 * when one dies. Any CPU. */
#ifndef VM_EXIT_LOG_H
#define VM_EXIT_LOG_H

#include "kernel/output/log.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vm.h"

struct cpu;

/* The watcher that exits=all installs: an exit line for every exit once it has been handled. A
 * board with a watcher of its own calls exit_log_handled() from it to have the line too. */
extern const struct vcpu_watcher exit_log_watcher;
void exit_log_handled(struct vcpu *vcpu, const struct vcpu_exit *exit, const char *did);

/* Writes ` hlt=1 cpuid=2` ..., how often each kind of exit occurred on the VM's vCPUs, and returns their
 * sum. ` others=N` are those of vCPUs that had more reasons than are told apart. Any CPU. */
uint64_t exit_log_counts(const struct vm *vm, char *text, size_t size);

/* "info vm: exits vm=3(name) total=12 hlt=1 ..." when the VM ends, unless exits=off. */
void exit_log_summary(const struct vm *vm);

/* The exit, all registers and what vm/crash/crash.h tells of a vCPU that cannot go on. On its CPU. */
void exit_log_story(struct vcpu *vcpu, const struct vcpu_exit *exit, enum log_level level);

/* For a panic on CPU `c`: its current vCPU, from memory alone. */
void exit_log_describe(const struct cpu *c);

#endif
