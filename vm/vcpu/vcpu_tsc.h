/* A guest's own time. */
#ifndef VM_VCPU_VCPU_TSC_H
#define VM_VCPU_VCPU_TSC_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* The guest's time stamp counter now, and the moment in time_ticks() at which it holds `guest_tsc`:
 * 0 when that has passed, UINT64_MAX when it lies beyond the host's counter. Any CPU. */
uint64_t vcpu_guest_tsc(const struct vcpu *vcpu);
uint64_t vcpu_guest_tsc_to_ticks(const struct vcpu *vcpu, uint64_t guest_tsc);

#endif
