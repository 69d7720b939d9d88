/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): the control words, and
 * controls that want or exclude each other. What has to do with memory and with the local APIC is in
 * files of its own. */
#include "vmx/check/rule_words.h"

/* --- single fields --------------------------------------------------------------------------- */

static uint64_t cr3_targets(const struct entry_check_input *in)
{
	return field_get(in->capability->misc, VMX_MISC_CR3_TARGETS);
}

static bool cr3_targets_are_few(const struct entry_check_input *in)
{
	return field(in, VMCS_CR3_TARGET_COUNT) <= cr3_targets(in);
}

static void take_many_cr3_targets(struct entry_check_input *in)
{
	set_field(in, VMCS_CR3_TARGET_COUNT, cr3_targets(in) + 1);
}

/* --- processor trace ------------------------------------------------------------------------- */

static bool trace_is_off(const struct entry_check_input *in)
{
	return implies(in->cpu.tracing, !entry_on(in, ENTRY_LOAD_RTIT_CTL));
}

/* What tracing guest-physical addresses asks for. */
#define TRACED                                             \
	TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL), \
		TURN_ON(VMCS_EXIT_CONTROLS, EXIT_CLEAR_RTIT_CTL), WRITE(VMCS_GUEST_RTIT_CTL, 0)

static const struct entry_rule_row execution_control_rules[] = {
	{
		.id = "pin.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)PINBASED_CTLS[63:32] does not allow",
		READS(VMCS_PIN_CONTROLS),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_PIN,
	},
	{
		.id = "pin.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)PINBASED_CTLS[31:0] set",
		READS(VMCS_PIN_CONTROLS),
		.kind = RULE_REQUIRED_ONES,
		.word = CONTROL_PIN,
	},
	{
		.id = "primary.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)PROCBASED_CTLS[63:32] does not allow",
		READS(VMCS_PRIMARY_CONTROLS),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_PRIMARY,
	},
	{
		.id = "primary.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)PROCBASED_CTLS[31:0] set",
		READS(VMCS_PRIMARY_CONTROLS),
		.kind = RULE_REQUIRED_ONES,
		.word = CONTROL_PRIMARY,
	},
	{
		.id = "secondary.reserved",
		.want = "no bit that IA32_VMX_PROCBASED_CTLS2[63:32] does not allow",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(PRIMARY, ACTIVATE_SECONDARY),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_SECONDARY,
	},
	{
		.id = "tertiary.reserved",
		.want = "no bit that IA32_VMX_PROCBASED_CTLS3 does not allow",
		READS(VMCS_TERTIARY_CONTROLS),
		WHILE(PRIMARY, ACTIVATE_TERTIARY),
		.kind = RULE_ALLOWED_ONES,
		.word = CONTROL_TERTIARY,
	},
	{
		.id = "cr3-targets.count",
		.want = "no more CR3-target values than IA32_VMX_MISC[24:16] says",
		READS(VMCS_CR3_TARGET_COUNT),
		.holds = cr3_targets_are_few,
		.break_by = take_many_cr3_targets,
	},
	{
		.id = "virtual-nmis.nmi-exiting",
		READS(VMCS_PIN_CONTROLS),
		WHILE(PIN, VIRTUAL_NMIS),
		NEEDS(PIN, NMI_EXITING),
	},
	{
		.id = "nmi-window.virtual-nmis",
		READS(VMCS_PRIMARY_CONTROLS, VMCS_PIN_CONTROLS),
		WHILE(PRIMARY, NMI_WINDOW_EXITING),
		NEEDS(PIN, VIRTUAL_NMIS),
	},
	{
		.id = "tsc-multiplier.zero",
		.want = "a multiplier other than 0 while \"use TSC scaling\" is 1",
		READS(VMCS_TSC_MULTIPLIER, VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, USE_TSC_SCALING),
		.kind = RULE_NOT_ZERO,
	},
	{
		.id = "trace.load",
		.want = "\"load IA32_RTIT_CTL\" 0 while the CPU traces (IA32_RTIT_CTL.TraceEn)",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = trace_is_off,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL),
		       WRITE(VMCS_GUEST_RTIT_CTL, 0)),
		.start = START_TRACING,
	},
	{
		.id = "trace-guest-physical.ept",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, PT_USES_GUEST_PHYSICAL),
		NEEDS(SECONDARY, ENABLE_EPT),
		BREAKS(TRACED, WITHOUT_EPT),
	},
	{
		.id = "trace-guest-physical.load",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_ENTRY_CONTROLS),
		WHILE(SECONDARY, PT_USES_GUEST_PHYSICAL),
		NEEDS(ENTRY, LOAD_RTIT_CTL),
		BREAKS(TRACED),
	},
	{
		.id = "trace-guest-physical.clear",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_EXIT_CONTROLS),
		WHILE(SECONDARY, PT_USES_GUEST_PHYSICAL),
		NEEDS(EXIT, CLEAR_RTIT_CTL),
		BREAKS(TRACED),
	},
};

RULE_TABLE(execution_control_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
