/* What the end of an instruction does to a vCPU, when Plinth has carried the instruction out. Inline,
 * since most exits end so. */
#ifndef VMX_EXIT_INSTRUCTION_END_H
#define VMX_EXIT_INSTRUCTION_END_H

#include "vmx/exit/exit_fields.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"

/* Right after an exit: does the instruction end with nothing more than RIP moved? No blocking ends with
 * it, no trap follows. */
static inline bool vmx_ends_plainly(void)
{
	return likely(!(vmcs_fetch(VMCS_GUEST_RFLAGS) & RFLAGS_TF) &&
		      !(vmcs_fetch(VMCS_GUEST_INTERRUPTIBILITY) &
			(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)));
}

/* The end of such a one: of the instruction at `rip`, the exit's. */
static inline void vmx_pass_instruction(const struct vmx_vcpu *v, uint64_t rip)
{
	vmcs_store(VMCS_GUEST_RIP, (rip + vmcs_fetch(VMCS_EXIT_INSTRUCTION_LENGTH)) & v->rip_mask);
}

/* RIP moves by `length` bytes, blocking by STI and MOV SS ends, and when RFLAGS.TF is set the
 * single-step trap is pending: as if the instruction at the exit's RIP had executed. */
static inline void vmx_finish_instruction(struct vmx_vcpu *v, uint32_t length)
{
	uint64_t rip = vmx_exit_rip(v);
	uint64_t next = rip + length;
	uint64_t interruptibility;

	/* Only a carry out of bit 31 needs to know the mode. 16-bit code does not wrap at 64 KiB:
	 * the fetch past the limit faults, as on the CPU. */
	if (unlikely((rip ^ next) >> 32) && !(v->control_registers.view.efer & EFER_LMA))
		next = (uint32_t)next;
	vmcs_write(VMCS_GUEST_RIP, next);

	interruptibility = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
	if (unlikely(interruptibility & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   interruptibility & ~(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
	if (unlikely(vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF))
		vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
}

/* The same where the exit says how long the instruction is. */
static inline void vmx_skip_instruction(struct vmx_vcpu *v)
{
	vmx_finish_instruction(v, (uint32_t)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
}

/* The same by a call: where few exits end so. */
void vmx_end_instruction(struct vmx_vcpu *v);

#endif
