/* What vmx/vcpu/entry.asm exports. */
#ifndef VMX_VCPU_ENTRY_H
#define VMX_VCPU_ENTRY_H

#include "vmx/instructions.h"
#include "vmx/vcpu/vcpu.h"

/* Enters the guest and returns at its next exit, general registers exchanged with vcpu->gpr.
 * Interrupts off, the vCPU's VMCS current. Anything but VMX_SUCCEED means that VMLAUNCH or VMRESUME
 * itself failed and nothing was changed. */
enum vmx_result vmx_enter(struct vcpu *vcpu, struct vmx_vcpu *v) must_check;

/* HOST_RIP; not to be called. */
void vmx_exit_point(void);

#endif
