/* What is told of a vCPU whose guest cannot go on: the instruction in words, its guest's page tables
 * level by level, the functions on its stack. On the CPU that the vCPU is bound to; the vCPU is not
 * running. */
#ifndef VM_CRASH_CRASH_H
#define VM_CRASH_CRASH_H

#include "kernel/output/log.h"
#include "vm/vcpu/vcpu.h"

/* All of it. `exit` is what stopped the vCPU. */
void crash_tell(struct vcpu *vcpu, const struct vcpu_exit *exit, enum log_level level);

/* Where the vCPU is, for one that others stopped, or that somebody asked for: instruction and stack. */
void crash_tell_where(struct vcpu *vcpu, enum log_level level);

#endif
