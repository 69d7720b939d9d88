/* SDM volume 3, "VM-Entry Control Fields" (of "Checks on VMX Controls"), but for the event that the
 * entry injects: that is in vmx/check/entry_event_rules.c. */
#include "vmx/check/msr_area_rules.h"
#include "vmx/check/rule_words.h"
#include "vmx/vcpu/interruptibility.h"

static bool is_in_smm(const struct entry_check_input *in)
{
	return in->cpu.smm;
}

/* Outside SMM the two rules before say so already. */
static bool dual_monitor_stays(const struct entry_check_input *in)
{
	return !in->cpu.smm || !entry_on(in, ENTRY_DEACTIVATE_DUAL_MONITOR);
}

static const struct entry_rule_row entry_control_rules[] = {
	{
		.id = "entry.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)ENTRY_CTLS[63:32] does not allow",
		READS(VMCS_ENTRY_CONTROLS),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_ENTRY,
	},
	{
		.id = "entry.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)ENTRY_CTLS[31:0] set",
		READS(VMCS_ENTRY_CONTROLS),
		.kind = RULE_REQUIRED_ONES,
		.word = CONTROL_ENTRY,
	},
	{
		.id = "entry.to-smm",
		.want = "\"entry to SMM\" 0 outside SMM",
		READS(VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, ENTRY_TO_SMM),
		.holds = is_in_smm,
	},
	{
		.id = "entry.dual-monitor",
		.want = "\"deactivate dual-monitor treatment\" 0 outside SMM",
		READS(VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, DEACTIVATE_DUAL_MONITOR),
		.holds = is_in_smm,
	},
	{
		.id = "entry.smm-and-dual-monitor",
		.want = "not both \"entry to SMM\" and \"deactivate dual-monitor treatment\"",
		READS(VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, ENTRY_TO_SMM),
		.holds = dual_monitor_stays,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_DEACTIVATE_DUAL_MONITOR),
		       TURN_ON(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_SMI)),
		.start = START_IN_SMM,
	},
	MSR_AREA_ROWS("entry-msr-load", VMCS_ENTRY_MSR_LOAD_ADDRESS, VMCS_ENTRY_MSR_LOAD_COUNT),
};

RULE_TABLE(entry_control_rules, SECTION_ENTRY_CONTROLS, REFUSED_CONTROLS);
