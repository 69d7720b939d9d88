/* SDM volume 3, "VM-Exit Control Fields" (of "Checks on VMX Controls"). */
#include "vmx/check/msr_area_rules.h"
#include "vmx/check/rule_words.h"

static bool zeroes_hold(const struct entry_check_input *in)
{
	return reserved_zeroes_hold(in, CONTROL_EXIT);
}

static void break_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_EXIT);
}

static bool ones_hold(const struct entry_check_input *in)
{
	return reserved_ones_hold(in, CONTROL_EXIT);
}

static void break_one(struct entry_check_input *in)
{
	break_reserved_one(in, CONTROL_EXIT);
}

static bool secondary_zeroes_hold(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_ACTIVATE_SECONDARY),
		       !(field(in, VMCS_SECONDARY_EXIT_CONTROLS) & ~in->capability->exit2));
}

static void break_secondary_zero(struct entry_check_input *in)
{
	set_field(in, VMCS_SECONDARY_EXIT_CONTROLS, lowest_not_in(in->capability->exit2));
}

static bool saved_timer_runs(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_SAVE_PREEMPTION_TIMER),
		       pin_on(in, PIN_ACTIVATE_PREEMPTION_TIMER));
}

MSR_AREA_PREDICATES(store, VMCS_EXIT_MSR_STORE_ADDRESS, VMCS_EXIT_MSR_STORE_COUNT)
MSR_AREA_PREDICATES(load, VMCS_EXIT_MSR_LOAD_ADDRESS, VMCS_EXIT_MSR_LOAD_COUNT)

static const struct entry_rule_row exit_control_rules[] = {
	{
		.id = "control.exit.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)EXIT_CTLS[63:32] does not allow",
		READS(VMCS_EXIT_CONTROLS),
		.holds = zeroes_hold,
		.break_further = break_zero,
	},
	{
		.id = "control.exit.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)EXIT_CTLS[31:0] set",
		READS(VMCS_EXIT_CONTROLS),
		.holds = ones_hold,
		.break_further = break_one,
	},
	{
		.id = "control.exit-secondary.reserved",
		.want = "no bit that IA32_VMX_EXIT_CTLS2 does not allow",
		READS(VMCS_SECONDARY_EXIT_CONTROLS),
		.holds = secondary_zeroes_hold,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_ACTIVATE_SECONDARY)),
		.break_further = break_secondary_zero,
	},
	{
		.id = "control.exit.save-timer",
		.want = "\"activate VMX-preemption timer\" while \"save VMX-preemption timer "
			"value\" is 1",
		READS(VMCS_EXIT_CONTROLS, VMCS_PIN_CONTROLS),
		.holds = saved_timer_runs,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_SAVE_PREEMPTION_TIMER),
		       TURN_OFF(VMCS_PIN_CONTROLS, PIN_ACTIVATE_PREEMPTION_TIMER)),
	},
	MSR_AREA_ROWS(store, "exit-msr-store", VMCS_EXIT_MSR_STORE_ADDRESS,
		      VMCS_EXIT_MSR_STORE_COUNT),
	MSR_AREA_ROWS(load, "exit-msr-load", VMCS_EXIT_MSR_LOAD_ADDRESS, VMCS_EXIT_MSR_LOAD_COUNT),
};

RULE_TABLE(exit_control_rules, SECTION_EXIT_CONTROLS, REFUSED_CONTROLS);
