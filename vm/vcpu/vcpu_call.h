/* What calls of vm/vcpu/vcpu.h have in common, for the files that make them up. */
#ifndef VM_VCPU_VCPU_CALL_H
#define VM_VCPU_VCPU_CALL_H

#include "lib/error.h"
#include "vm/vcpu/vcpu.h"
#include "vm/vcpu/vcpu_state.h"

/* Does the vCPU's state allow the call and, where it is bound, is it to the CPU that calls? BadState if not,
 * which has been logged then. */
enum error vcpu_call_allowed_here(const struct vcpu *vcpu, enum vcpu_call call) must_check;

/* The backend refused it: logged, and returned. */
enum error vcpu_call_failed(const struct vcpu *vcpu, const char *call, const struct reason *why);

#endif
