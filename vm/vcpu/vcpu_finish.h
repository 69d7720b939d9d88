/* What a board does to finish an exit that run() handed up: results into registers, faults, and the
 * guest's own time. On the bound CPU, vCPU Ready, unless said otherwise. */
#ifndef VM_VCPU_VCPU_FINISH_H
#define VM_VCPU_VCPU_FINISH_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* RDMSR gives `value` in EDX:EAX and is over; WRMSR is over. */
void vcpu_finish_msr_read(struct vcpu *vcpu, uint64_t value);
void vcpu_finish_msr_write(struct vcpu *vcpu);

/* #GP(0) at the instruction that exited. */
enum error vcpu_raise_protection(struct vcpu *vcpu) must_check;

/* The guest's time stamp counter now, and the moment in time_ticks() at which it holds `guest_tsc`:
 * 0 when that has passed, UINT64_MAX when it lies beyond the host's counter. Any CPU. */
uint64_t vcpu_guest_tsc(const struct vcpu *vcpu);
uint64_t vcpu_guest_tsc_to_ticks(const struct vcpu *vcpu, uint64_t guest_tsc);

#endif
