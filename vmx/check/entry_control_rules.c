/* SDM volume 3, "VM-Entry Control Fields" (of "Checks on VMX Controls"), but for the event that the
 * entry injects: that is in vmx/check/entry_event_rules.c. */
#include "vmx/check/msr_area_rules.h"
#include "vmx/check/rule_words.h"
#include "vmx/vcpu/interruptibility.h"

static bool zeroes_hold(const struct entry_check_input *in)
{
	return reserved_zeroes_hold(in, CONTROL_ENTRY);
}

static void break_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_ENTRY);
}

static bool ones_hold(const struct entry_check_input *in)
{
	return reserved_ones_hold(in, CONTROL_ENTRY);
}

static void break_one(struct entry_check_input *in)
{
	break_reserved_one(in, CONTROL_ENTRY);
}

static bool smm_is_left_from_smm(const struct entry_check_input *in)
{
	return implies(entry_on(in, ENTRY_ENTRY_TO_SMM), in->cpu.smm);
}

static bool dual_monitor_ends_in_smm(const struct entry_check_input *in)
{
	return implies(entry_on(in, ENTRY_DEACTIVATE_DUAL_MONITOR), in->cpu.smm);
}

/* Outside SMM the two rules before say so already. */
static bool smm_is_entered_or_ended(const struct entry_check_input *in)
{
	return !in->cpu.smm || !entry_on(in, ENTRY_ENTRY_TO_SMM) ||
	       !entry_on(in, ENTRY_DEACTIVATE_DUAL_MONITOR);
}

static void be_in_smm(struct entry_check_input *in)
{
	in->cpu.smm = true;
}

MSR_AREA_PREDICATES(load, VMCS_ENTRY_MSR_LOAD_ADDRESS, VMCS_ENTRY_MSR_LOAD_COUNT)

static const struct entry_rule_row entry_control_rules[] = {
	{
		.id = "control.entry.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)ENTRY_CTLS[63:32] does not allow",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = zeroes_hold,
		.break_further = break_zero,
	},
	{
		.id = "control.entry.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)ENTRY_CTLS[31:0] set",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = ones_hold,
		.break_further = break_one,
	},
	{
		.id = "control.entry.to-smm",
		.want = "\"entry to SMM\" 0 outside SMM",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = smm_is_left_from_smm,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_ENTRY_TO_SMM)),
	},
	{
		.id = "control.entry.dual-monitor",
		.want = "\"deactivate dual-monitor treatment\" 0 outside SMM",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = dual_monitor_ends_in_smm,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_DEACTIVATE_DUAL_MONITOR)),
	},
	{
		.id = "control.entry.smm-and-dual-monitor",
		.want = "not both \"entry to SMM\" and \"deactivate dual-monitor treatment\"",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = smm_is_entered_or_ended,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS,
			       ENTRY_ENTRY_TO_SMM | ENTRY_DEACTIVATE_DUAL_MONITOR),
		       TURN_ON(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_SMI)),
		.break_further = be_in_smm,
	},
	MSR_AREA_ROWS(load, "entry-msr-load", VMCS_ENTRY_MSR_LOAD_ADDRESS,
		      VMCS_ENTRY_MSR_LOAD_COUNT),
};

RULE_TABLE(entry_control_rules, SECTION_ENTRY_CONTROLS, REFUSED_CONTROLS);
