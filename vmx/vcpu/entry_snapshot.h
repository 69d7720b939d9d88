/* The current VMCS and what goes with it, read for vmx/check/entry_check.h. */
#ifndef VMX_VCPU_ENTRY_SNAPSHOT_H
#define VMX_VCPU_ENTRY_SNAPSHOT_H

#include "vmx/check/entry_check.h"
#include "vmx/vcpu/vcpu.h"

/* Fills all of `out`, but for a spare page. IRQs off, v's VMCS current. Whatever the VMCS holds: an
 * address in it that is no RAM is not followed. Leaves 12 in the VM-instruction error field where
 * the CPU lacks a field; the snapshot has the number that was there before. */
void entry_snapshot_read(const struct vmx_vcpu *v, struct entry_check_input *out);

#endif
