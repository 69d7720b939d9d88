/* Putting the chosen backend to work on every CPU, and taking it off again. Bootstrap processor,
 * outside of cpu_run_everywhere(). */
#ifndef VM_VIRTUALIZATION_H
#define VM_VIRTUALIZATION_H

#include "lib/error.h"
#include "lib/types.h"
#include "vm/virt_ops.h"

/* Prepares `backend` on every CPU, the bootstrap processor first, and makes it `virt`. When that
 * one cannot, `virt` stays null and `why` is the reason that no guest can run anywhere; another CPU
 * that cannot is logged and takes no part. */
enum error virtualization_choose(const struct virt_ops *backend, struct reason *why) must_check;

/* Turns the hardware on and prepares the scheduler, on every CPU that was prepared. Returns how
 * many CPUs can run guests; each failure is logged. */
unsigned virtualization_enable(void) must_check;

/* Runs the schedulers of all those CPUs until no VM is left. False when a CPU did not come back. */
bool virtualization_run(void) must_check;

/* The mirror of virtualization_enable(); returns how many CPUs failed, each logged. */
unsigned virtualization_disable(void) must_check;

#endif
