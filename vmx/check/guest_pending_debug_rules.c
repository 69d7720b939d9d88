/* SDM volume 3, "Checks on Guest Non-Register State": pending debug exceptions. */
#include "vmx/check/guest_words.h"
#include "x86/cpuid.h"
#include "x86/msr.h"

static uint64_t pending(const struct entry_check_input *in)
{
	return field(in, VMCS_GUEST_PENDING_DEBUG);
}

static bool pending_debug_is_defined(const struct entry_check_input *in)
{
	bool notices = in->capability->leaf7_ecx & CPUID_7_ECX_BUS_LOCK_DETECT;
	uint64_t reserved = PENDING_DEBUG_RESERVED | (notices ? 0 : PENDING_DEBUG_BUS_LOCK);

	return !(pending(in) & reserved);
}

/* A single step is pending exactly when RFLAGS.TF says so, where an instruction of the guest's has just
 * held events back or halted it. */
static bool is_between_instructions(const struct entry_check_input *in)
{
	return (interruptibility(in) & (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)) ||
	       field(in, VMCS_GUEST_ACTIVITY) == ACTIVITY_HLT;
}

static bool steps(const struct entry_check_input *in)
{
	return (guest_rflags(in) & RFLAGS_TF) && !(field(in, VMCS_GUEST_DEBUGCTL) & DEBUGCTL_BTF);
}

static bool step_is_pending(const struct entry_check_input *in)
{
	return implies(is_between_instructions(in) && steps(in), pending(in) & PENDING_DEBUG_BS);
}

static bool no_step_is_pending(const struct entry_check_input *in)
{
	return implies(is_between_instructions(in) && !steps(in),
		       !(pending(in) & PENDING_DEBUG_BS));
}

/* What bit 16 (RTM) allows beside it. */
static bool transaction_is_possible(const struct entry_check_input *in)
{
	bool alone = !(pending(in) & ~(PENDING_DEBUG_RTM | PENDING_DEBUG_ENABLED_BREAKPOINT));

	return implies(pending(in) & PENDING_DEBUG_RTM,
		       (in->capability->leaf7_ebx & CPUID_7_EBX_RTM) && alone &&
			       (pending(in) & PENDING_DEBUG_ENABLED_BREAKPOINT) &&
			       !(interruptibility(in) & BLOCKING_BY_MOV_SS));
}

static const struct entry_rule_row guest_pending_debug_rules[] = {
	{
		.id = "pending-debug.reserved",
		.want = "bits 10:4, 13, 15 and 63:17 0, and 11 on a CPU without bus-lock detection",
		READS(VMCS_GUEST_PENDING_DEBUG),
		.holds = pending_debug_is_defined,
		BREAKS(WRITE(VMCS_GUEST_PENDING_DEBUG, BIT(4))),
	},
	{
		.id = "pending-debug.step-missing",
		.want = "bit 14 (BS) 1 while events are blocked or the guest is halted, RFLAGS.TF "
			"is 1 and IA32_DEBUGCTL.BTF 0",
		READS(VMCS_GUEST_PENDING_DEBUG, VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_ACTIVITY,
		      VMCS_GUEST_RFLAGS, VMCS_GUEST_DEBUGCTL),
		.holds = step_is_pending,
		BREAKS(TURN_ON(VMCS_GUEST_RFLAGS, RFLAGS_TF),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS)),
	},
	{
		.id = "pending-debug.step-unasked",
		.want = "bit 14 (BS) 0 while events are blocked or the guest is halted, and "
			"RFLAGS.TF is 0 or IA32_DEBUGCTL.BTF 1",
		READS(VMCS_GUEST_PENDING_DEBUG, VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_ACTIVITY,
		      VMCS_GUEST_RFLAGS, VMCS_GUEST_DEBUGCTL),
		.holds = no_step_is_pending,
		BREAKS(WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS),
		       WRITE(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_BS)),
	},
	{
		.id = "pending-debug.transaction",
		.want = "bit 16 (RTM) only with bit 12 and no other, without blocking by MOV SS, "
			"and "
			"on a CPU with RTM",
		READS(VMCS_GUEST_PENDING_DEBUG, VMCS_GUEST_INTERRUPTIBILITY),
		.holds = transaction_is_possible,
		BREAKS(WRITE(VMCS_GUEST_PENDING_DEBUG, PENDING_DEBUG_RTM)),
	},
};

RULE_TABLE(guest_pending_debug_rules, SECTION_GUEST_NON_REGISTER, REFUSED_GUEST_STATE);
