/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): the control words, and
 * controls that want or exclude each other. What has to do with memory and with the local APIC is in
 * files of its own. */
#include "vmx/check/rule_words.h"

/* --- reserved bits --------------------------------------------------------------------------- */

static bool pin_zeroes_hold(const struct entry_check_input *in)
{
	return reserved_zeroes_hold(in, CONTROL_PIN);
}

static void break_pin_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_PIN);
}

static bool pin_ones_hold(const struct entry_check_input *in)
{
	return reserved_ones_hold(in, CONTROL_PIN);
}

static void break_pin_one(struct entry_check_input *in)
{
	break_reserved_one(in, CONTROL_PIN);
}

static bool primary_zeroes_hold(const struct entry_check_input *in)
{
	return reserved_zeroes_hold(in, CONTROL_PRIMARY);
}

static void break_primary_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_PRIMARY);
}

static bool primary_ones_hold(const struct entry_check_input *in)
{
	return reserved_ones_hold(in, CONTROL_PRIMARY);
}

static void break_primary_one(struct entry_check_input *in)
{
	break_reserved_one(in, CONTROL_PRIMARY);
}

static bool secondary_zeroes_hold(const struct entry_check_input *in)
{
	return implies(primary_on(in, PRIMARY_ACTIVATE_SECONDARY),
		       reserved_zeroes_hold(in, CONTROL_SECONDARY));
}

static void break_secondary_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_SECONDARY);
}

static bool tertiary_zeroes_hold(const struct entry_check_input *in)
{
	return implies(primary_on(in, PRIMARY_ACTIVATE_TERTIARY),
		       reserved_zeroes_hold(in, CONTROL_TERTIARY));
}

static void break_tertiary_zero(struct entry_check_input *in)
{
	break_reserved_zero(in, CONTROL_TERTIARY);
}

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

static bool virtual_nmis_exit(const struct entry_check_input *in)
{
	return implies(pin_on(in, PIN_VIRTUAL_NMIS), pin_on(in, PIN_NMI_EXITING));
}

static bool nmi_window_is_virtual(const struct entry_check_input *in)
{
	return implies(primary_on(in, PRIMARY_NMI_WINDOW_EXITING), pin_on(in, PIN_VIRTUAL_NMIS));
}

static bool tsc_multiplies(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_USE_TSC_SCALING), field(in, VMCS_TSC_MULTIPLIER));
}

/* --- processor trace ------------------------------------------------------------------------- */

static bool trace_is_off(const struct entry_check_input *in)
{
	return implies(in->cpu.tracing, !entry_on(in, ENTRY_LOAD_RTIT_CTL));
}

static void trace(struct entry_check_input *in)
{
	in->cpu.tracing = true;
}

static bool trace_is_translated(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_PT_USES_GUEST_PHYSICAL),
		       secondary_on(in, SECONDARY_ENABLE_EPT));
}

static bool trace_is_loaded(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_PT_USES_GUEST_PHYSICAL),
		       entry_on(in, ENTRY_LOAD_RTIT_CTL));
}

static bool trace_is_cleared(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_PT_USES_GUEST_PHYSICAL),
		       exit_on(in, EXIT_CLEAR_RTIT_CTL));
}

#define TRACE_OF_GUEST_PHYSICAL                                             \
	TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_PT_USES_GUEST_PHYSICAL), \
		TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL),          \
		TURN_ON(VMCS_EXIT_CONTROLS, EXIT_CLEAR_RTIT_CTL), WRITE(VMCS_GUEST_RTIT_CTL, 0)

static const struct entry_rule_row execution_control_rules[] = {
	{
		.id = "control.pin.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)PINBASED_CTLS[63:32] does not allow",
		READS(VMCS_PIN_CONTROLS),
		.holds = pin_zeroes_hold,
		.break_further = break_pin_zero,
	},
	{
		.id = "control.pin.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)PINBASED_CTLS[31:0] set",
		READS(VMCS_PIN_CONTROLS),
		.holds = pin_ones_hold,
		.break_further = break_pin_one,
	},
	{
		.id = "control.primary.reserved-zeros",
		.want = "no bit that IA32_VMX_(TRUE_)PROCBASED_CTLS[63:32] does not allow",
		READS(VMCS_PRIMARY_CONTROLS),
		.holds = primary_zeroes_hold,
		.break_further = break_primary_zero,
	},
	{
		.id = "control.primary.reserved-ones",
		.want = "all bits of IA32_VMX_(TRUE_)PROCBASED_CTLS[31:0] set",
		READS(VMCS_PRIMARY_CONTROLS),
		.holds = primary_ones_hold,
		.break_further = break_primary_one,
	},
	{
		.id = "control.secondary.reserved",
		.want = "no bit that IA32_VMX_PROCBASED_CTLS2[63:32] does not allow",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = secondary_zeroes_hold,
		.break_further = break_secondary_zero,
	},
	{
		.id = "control.tertiary.reserved",
		.want = "no bit that IA32_VMX_PROCBASED_CTLS3 does not allow",
		READS(VMCS_TERTIARY_CONTROLS),
		.holds = tertiary_zeroes_hold,
		BREAKS(TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY)),
		.break_further = break_tertiary_zero,
	},
	{
		.id = "control.cr3-targets.count",
		.want = "no more CR3-target values than IA32_VMX_MISC[24:16] says",
		READS(VMCS_CR3_TARGET_COUNT),
		.holds = cr3_targets_are_few,
		.break_further = take_many_cr3_targets,
	},
	{
		.id = "control.virtual-nmis.nmi-exiting",
		.want = "\"NMI exiting\" while \"virtual NMIs\" is 1",
		READS(VMCS_PIN_CONTROLS),
		.holds = virtual_nmis_exit,
		BREAKS(TURN_ON(VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMIS),
		       TURN_OFF(VMCS_PIN_CONTROLS, PIN_NMI_EXITING)),
	},
	{
		.id = "control.nmi-window.virtual-nmis",
		.want = "\"virtual NMIs\" while \"NMI-window exiting\" is 1",
		READS(VMCS_PRIMARY_CONTROLS, VMCS_PIN_CONTROLS),
		.holds = nmi_window_is_virtual,
		BREAKS(TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_NMI_WINDOW_EXITING),
		       TURN_OFF(VMCS_PIN_CONTROLS, PIN_VIRTUAL_NMIS)),
	},
	{
		.id = "control.tsc-multiplier.zero",
		.want = "a multiplier other than 0 while \"use TSC scaling\" is 1",
		READS(VMCS_TSC_MULTIPLIER, VMCS_SECONDARY_CONTROLS),
		.holds = tsc_multiplies,
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_USE_TSC_SCALING),
		       WRITE(VMCS_TSC_MULTIPLIER, 0)),
	},
	{
		.id = "control.trace.load",
		.want = "\"load IA32_RTIT_CTL\" 0 while the CPU traces (IA32_RTIT_CTL.TraceEn)",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = trace_is_off,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL),
		       WRITE(VMCS_GUEST_RTIT_CTL, 0)),
		.break_further = trace,
	},
	{
		.id = "control.trace-guest-physical.ept",
		.want = "\"enable EPT\" while \"Intel PT uses guest physical addresses\" is 1",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = trace_is_translated,
		BREAKS(TRACE_OF_GUEST_PHYSICAL, WITHOUT_EPT),
	},
	{
		.id = "control.trace-guest-physical.load",
		.want = "\"load IA32_RTIT_CTL\" while \"Intel PT uses guest physical addresses\" "
			"is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_ENTRY_CONTROLS),
		.holds = trace_is_loaded,
		BREAKS(TRACE_OF_GUEST_PHYSICAL, TURN_OFF(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL)),
	},
	{
		.id = "control.trace-guest-physical.clear",
		.want = "\"clear IA32_RTIT_CTL\" while \"Intel PT uses guest physical addresses\" "
			"is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_EXIT_CONTROLS),
		.holds = trace_is_cleared,
		BREAKS(TRACE_OF_GUEST_PHYSICAL, TURN_OFF(VMCS_EXIT_CONTROLS, EXIT_CLEAR_RTIT_CTL)),
	},
};

RULE_TABLE(execution_control_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
