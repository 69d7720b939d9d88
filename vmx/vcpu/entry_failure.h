/* VM entries that the CPU refuses, or would: what becomes of them, and which rules they break. */
#ifndef VMX_VCPU_ENTRY_FAILURE_H
#define VMX_VCPU_ENTRY_FAILURE_H

#include "lib/error.h"
#include "vm/vcpu/vcpu_exit.h"
#include "vmx/instruction_result.h"
#include "vmx/vcpu/vcpu.h"

/* All of these: IRQs off, v's VMCS current (but after VMX_FAIL_INVALID). They fill `exit`, log a line
 * for each broken rule, and leave what happened in the vCPU's `trouble`. */

/* VMLAUNCH or VMRESUME refused: there is no exit, and nothing of the guest was loaded. */
enum error entry_refused(struct vmx_vcpu *v, enum vmx_result result,
			 struct vcpu_exit *exit) must_check;

/* An exit said that loading the guest failed; v->last has its reason. */
enum error entry_failed(struct vmx_vcpu *v, struct vcpu_exit *exit) must_check;

/* What the CPU would refuse, before it does (`preflight=on`). None when no rule is broken: `exit`
 * and `trouble` are then as they were. */
enum error entry_preflight(struct vmx_vcpu *v, struct vcpu_exit *exit) must_check;

#endif
