/* What the end of an instruction does to a vCPU, when Plinth has carried the instruction out. Inline,
 * since most exits end so. */
#ifndef VMX_EXIT_INSTRUCTION_END_H
#define VMX_EXIT_INSTRUCTION_END_H

#include "vmx/exit/exit_fields.h"
#include "vmx/vcpu/interruptibility.h"
#include "x86/control_registers.h"

/* Flags that the end of an instruction has to do with. */
#define ENDING_FLAGS (RFLAGS_TF | RFLAGS_RF)

/* Right after an exit: does the instruction end with nothing more than RIP moved? No blocking ends with
 * it, nor the leave to pass over a breakpoint, and no trap follows. */
static inline bool vmx_ends_plainly(void)
{
	return likely(!(vmcs_fetch(VMCS_GUEST_RFLAGS) & ENDING_FLAGS) &&
		      !(vmcs_fetch(VMCS_GUEST_INTERRUPTIBILITY) &
			(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)));
}

/* The end of such a one: of the instruction at `rip`, the exit's. */
static inline void vmx_pass_instruction(const struct vmx_vcpu *v, uint64_t rip)
{
	vmcs_store(VMCS_GUEST_RIP, (rip + vmcs_fetch(VMCS_EXIT_INSTRUCTION_LENGTH)) & v->rip_mask);
}

/* With RFLAGS.TF set the single-step trap is pending. RF, with which an instruction executes in spite of its
 * breakpoint, is for all iterations of a repeated one: SDM volume 3, "Instruction-Breakpoint Exception
 * Condition". */
static inline void vmx_finish_flags(uint64_t rflags, bool over)
{
	if (rflags & RFLAGS_TF)
		vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
	if ((rflags & RFLAGS_RF) && over)
		vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~RFLAGS_RF);
}

/* RIP moves by `length` bytes, blocking by STI and MOV SS ends, and RFLAGS is seen to: as if the instruction
 * at the exit's RIP had executed. 0: an iteration of a repeated one, which is not over. */
static inline void vmx_finish_instruction(struct vmx_vcpu *v, uint32_t length)
{
	uint64_t rip = vmx_exit_rip(v);
	uint64_t next = rip + length;
	uint64_t interruptibility, rflags;

	/* Only a carry out of bit 31 needs to know the mode. 16-bit code does not wrap at 64 KiB:
	 * the fetch past the limit faults, as on the CPU. */
	if (unlikely((rip ^ next) >> 32) && !(v->control_registers.view.efer & EFER_LMA))
		next = (uint32_t)next;
	vmcs_write(VMCS_GUEST_RIP, next);

	interruptibility = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
	if (unlikely(interruptibility & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)))
		vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
			   interruptibility & ~(BLOCKING_BY_STI | BLOCKING_BY_MOV_SS));
	rflags = vmcs_read(VMCS_GUEST_RFLAGS);
	if (unlikely(rflags & ENDING_FLAGS))
		vmx_finish_flags(rflags, length);
}

/* The same where the exit says how long the instruction is. */
static inline void vmx_skip_instruction(struct vmx_vcpu *v)
{
	vmx_finish_instruction(v, (uint32_t)vmcs_read(VMCS_EXIT_INSTRUCTION_LENGTH));
}

/* The same by a call: where few exits end so. */
void vmx_end_instruction(struct vmx_vcpu *v);

#endif
