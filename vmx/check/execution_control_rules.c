/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): the words of controls
 * themselves, and what is true of single fields. */
#include "vmx/check/rule_words.h"

static bool cr3_targets_are_few(const struct entry_check_input *in)
{
	return field(in, VMCS_CR3_TARGET_COUNT) <=
	       field_get(in->capability->misc, VMX_MISC_CR3_TARGETS);
}

static void take_many_cr3_targets(struct entry_check_input *in)
{
	set_field(in, VMCS_CR3_TARGET_COUNT,
		  field_get(in->capability->misc, VMX_MISC_CR3_TARGETS) + 1);
}

static bool virtual_nmis_need_exits(const struct entry_check_input *in)
{
	return implies(pin_on(in, PIN_VIRTUAL_NMIS), pin_on(in, PIN_NMI_EXITING));
}

static bool vpid_is_not_zero(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_ENABLE_VPID), field(in, VMCS_VPID));
}

static const struct entry_rule execution_control_rules[] = {
	{
		.id = "control.cr3-targets.count",
		.want = "no more CR3-target values than IA32_VMX_MISC[24:16] says",
		READS(VMCS_CR3_TARGET_COUNT),
		.holds = cr3_targets_are_few,
		.break_further = take_many_cr3_targets,
	},
	{
		.id = "control.virtual-nmis.nmi-exiting",
		.want = "\"NMI exiting\" 1 while \"virtual NMIs\" is 1",
		READS(VMCS_PIN_CONTROLS),
		.holds = virtual_nmis_need_exits,
		BREAKS(TURN_ON(VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMIS),
		       TURN_OFF(VMCS_PIN_CONTROLS, PIN_NMI_EXITING)),
	},
	{
		.id = "control.vpid.zero",
		.want = "a VPID other than 0 while \"enable VPID\" is 1",
		READS(VMCS_VPID, VMCS_SECONDARY_CONTROLS),
		.holds = vpid_is_not_zero,
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_VPID),
		       WRITE(VMCS_VPID, 0)),
	},
};

RULE_TABLE(execution_control_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
