/* SDM volume 3, "VM-Exit Control Fields" (of "Checks on VMX Controls"). */
#include "vmx/check/msr_area_rules.h"
#include "vmx/check/rule_words.h"

static bool secondary_zeroes_hold(const struct entry_check_input *in)
{
	return !(field(in, VMCS_SECONDARY_EXIT_CONTROLS) & ~in->capability->exit2);
}

static void break_secondary_zero(struct entry_check_input *in)
{
	set_field(in, VMCS_SECONDARY_EXIT_CONTROLS, lowest_not_in(in->capability->exit2));
}

static const struct entry_rule_row exit_control_rules[] = {
	{
		.id = "exit.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)EXIT_CTLS[63:32] does not allow",
		READS(VMCS_EXIT_CONTROLS),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_EXIT,
	},
	{
		.id = "exit.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)EXIT_CTLS[31:0] set",
		READS(VMCS_EXIT_CONTROLS),
		.kind = RULE_REQUIRED_ONES,
		.word = CONTROL_EXIT,
	},
	{
		.id = "exit-secondary.reserved",
		.want = "no bit that IA32_VMX_EXIT_CTLS2 does not allow",
		READS(VMCS_SECONDARY_EXIT_CONTROLS),
		WHILE(EXIT, ACTIVATE_SECONDARY),
		.holds = secondary_zeroes_hold,
		.break_by = break_secondary_zero,
	},
	{
		.id = "exit.save-timer",
		READS(VMCS_EXIT_CONTROLS, VMCS_PIN_CONTROLS),
		WHILE(EXIT, SAVE_PREEMPTION_TIMER),
		NEEDS(PIN, ACTIVATE_PREEMPTION_TIMER),
	},
	MSR_AREA_ROWS("exit-msr-store", VMCS_EXIT_MSR_STORE_ADDRESS, VMCS_EXIT_MSR_STORE_COUNT),
	MSR_AREA_ROWS("exit-msr-load", VMCS_EXIT_MSR_LOAD_ADDRESS, VMCS_EXIT_MSR_LOAD_COUNT),
};

RULE_TABLE(exit_control_rules, SECTION_EXIT_CONTROLS, REFUSED_CONTROLS);
