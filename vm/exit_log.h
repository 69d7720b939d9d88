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

/* "info vm: exits vm=3(name) total=12 hlt=1 ..." when the VM ends, unless exits=off. */
void exit_log_summary(const struct vm *vm);

/* The exit, all registers, the last exits and what vm/crash/crash.h tells of a vCPU that cannot go
 * on. On its CPU. */
void exit_log_story(struct vcpu *vcpu, const struct vcpu_exit *exit, enum log_level level);

/* For a panic on CPU `c`: its current vCPU and the last exits, from memory alone. */
void exit_log_describe(const struct cpu *c);

#endif
