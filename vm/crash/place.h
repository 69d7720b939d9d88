/* What lies at a guest-physical address, and what the machine maps there. */
#ifndef VM_CRASH_PLACE_H
#define VM_CRASH_PLACE_H

#include "lib/types.h"
#include "vm/vcpu/vcpu.h"

/* `there="RAM" nested="rwx 2M write-back"`; where no memory is, the board names the device. Any CPU;
 * takes the board's lock. */
void place_text(char *buffer, size_t size, struct vcpu *vcpu, gpa_t at);

#endif
