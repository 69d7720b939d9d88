/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): virtualization of the
 * local APIC, posted interrupts and IPIs. The addresses are in vmx/check/execution_address_rules.c. */
#include "vmx/check/rule_words.h"

#define TPR_THRESHOLD_VALUE    BITS(3, 0)
#define TPR_THRESHOLD_RESERVED BITS(31, 4)
#define VTPR_CLASS_SHIFT       4
#define VECTOR_RESERVED        BITS(15, 8)
#define PID_POINTER_SIZE       8

#define TPR_SHADOW_OFF TURN_OFF(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW)
#define TPR_SHADOW_ON  TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW)
#define DELIVERY_ON \
	TPR_SHADOW_ON, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)
#define DELIVERY_OFF TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)
#define POSTED_ON    TURN_ON(VMCS_PIN_CONTROLS, PIN_PROCESS_POSTED_INTERRUPTS)
#define IPIS_ON                                                    \
	TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_TERTIARY), \
		TURN_ON(VMCS_TERTIARY_CONTROLS, TERTIARY_IPI_VIRTUALIZATION)

static bool tpr_shadowed(const struct entry_check_input *in)
{
	return primary_on(in, PRIMARY_USE_TPR_SHADOW);
}

/* --- the task priority ----------------------------------------------------------------------- */

static bool threshold_counts(const struct entry_check_input *in)
{
	return tpr_shadowed(in) && !secondary_on(in, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
}

static bool threshold_is_a_class(const struct entry_check_input *in)
{
	return implies(threshold_counts(in),
		       !(field(in, VMCS_TPR_THRESHOLD) & TPR_THRESHOLD_RESERVED));
}

static bool threshold_is_not_reached(const struct entry_check_input *in)
{
	bool checked = threshold_counts(in) && in->memory.vtpr_known &&
		       !secondary_on(in, SECONDARY_VIRTUALIZE_APIC_ACCESSES);

	return implies(checked, (field(in, VMCS_TPR_THRESHOLD) & TPR_THRESHOLD_VALUE) <=
					in->memory.vtpr >> VTPR_CLASS_SHIFT);
}

static void clear_vtpr(struct entry_check_input *in)
{
	in->memory.vtpr_known = true;
	in->memory.vtpr = 0;
}

/* --- who needs what -------------------------------------------------------------------------- */

static bool x2apic_is_shadowed(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_VIRTUALIZE_X2APIC_MODE), tpr_shadowed(in));
}

static bool registers_are_shadowed(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_APIC_REGISTER_VIRTUALIZATION), tpr_shadowed(in));
}

static bool delivery_is_shadowed(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY), tpr_shadowed(in));
}

static bool ipis_are_shadowed(const struct entry_check_input *in)
{
	return implies(tertiary_on(in, TERTIARY_IPI_VIRTUALIZATION), tpr_shadowed(in));
}

static bool apic_has_one_mode(const struct entry_check_input *in)
{
	return !secondary_on(in, SECONDARY_VIRTUALIZE_X2APIC_MODE) ||
	       !secondary_on(in, SECONDARY_VIRTUALIZE_APIC_ACCESSES);
}

static bool delivery_has_exits(const struct entry_check_input *in)
{
	return implies(secondary_on(in, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY),
		       pin_on(in, PIN_EXTERNAL_INTERRUPT_EXITING));
}

/* --- posted interrupts ----------------------------------------------------------------------- */

static bool interrupts_are_posted(const struct entry_check_input *in)
{
	return pin_on(in, PIN_PROCESS_POSTED_INTERRUPTS);
}

static bool posted_are_delivered(const struct entry_check_input *in)
{
	return implies(interrupts_are_posted(in),
		       secondary_on(in, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY));
}

static bool posted_are_acknowledged(const struct entry_check_input *in)
{
	return implies(interrupts_are_posted(in), exit_on(in, EXIT_ACKNOWLEDGE_INTERRUPT));
}

static bool posted_vector_fits(const struct entry_check_input *in)
{
	return implies(interrupts_are_posted(in),
		       !(field(in, VMCS_POSTED_INTERRUPT_VECTOR) & VECTOR_RESERVED));
}

/* --- the PID-pointer table ------------------------------------------------------------------- */

static bool last_pid_pointer_fits(const struct entry_check_input *in)
{
	uint64_t table = field(in, VMCS_PID_POINTER_TABLE);
	uint64_t last = table + field(in, VMCS_LAST_PID_POINTER_INDEX) * PID_POINTER_SIZE;

	/* Where the table itself lies is another rule's. */
	return implies(tertiary_on(in, TERTIARY_IPI_VIRTUALIZATION) && is_narrow(in, table),
		       is_narrow(in, last));
}

static void end_past_memory(struct entry_check_input *in)
{
	set_field(in, VMCS_PID_POINTER_TABLE, BIT(address_width(in)) - PID_POINTER_SIZE);
	set_field(in, VMCS_LAST_PID_POINTER_INDEX, 1);
}

static const struct entry_rule_row execution_apic_rules[] = {
	{
		.id = "control.tpr-threshold.reserved",
		.want = "bits 31:4 0 without \"virtual-interrupt delivery\"",
		READS(VMCS_TPR_THRESHOLD),
		.holds = threshold_is_a_class,
		BREAKS(TPR_SHADOW_ON, DELIVERY_OFF, WRITE(VMCS_TPR_THRESHOLD, 0x10)),
	},
	{
		.id = "control.tpr-threshold.vtpr",
		.want = "a threshold of at most bits 7:4 of VTPR (byte 80H of the virtual-APIC "
			"page)",
		READS(VMCS_TPR_THRESHOLD, VMCS_VIRTUAL_APIC_ADDRESS),
		.holds = threshold_is_not_reached,
		BREAKS(TPR_SHADOW_ON, DELIVERY_OFF,
		       TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUALIZE_APIC_ACCESSES),
		       WRITE(VMCS_TPR_THRESHOLD, 1)),
		.break_further = clear_vtpr,
	},
	{
		.id = "control.x2apic-mode.tpr-shadow",
		.want = "\"use TPR shadow\" while \"virtualize x2APIC mode\" is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		.holds = x2apic_is_shadowed,
		BREAKS(TPR_SHADOW_OFF,
		       TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUALIZE_X2APIC_MODE)),
	},
	{
		.id = "control.apic-registers.tpr-shadow",
		.want = "\"use TPR shadow\" while \"APIC-register virtualization\" is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		.holds = registers_are_shadowed,
		BREAKS(TPR_SHADOW_OFF,
		       TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_APIC_REGISTER_VIRTUALIZATION)),
	},
	{
		.id = "control.interrupt-delivery.tpr-shadow",
		.want = "\"use TPR shadow\" while \"virtual-interrupt delivery\" is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		.holds = delivery_is_shadowed,
		BREAKS(DELIVERY_ON, TPR_SHADOW_OFF),
	},
	{
		.id = "control.ipi-virtualization.tpr-shadow",
		.want = "\"use TPR shadow\" while \"IPI virtualization\" is 1",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		.holds = ipis_are_shadowed,
		BREAKS(IPIS_ON, TPR_SHADOW_OFF),
	},
	{
		.id = "control.x2apic-mode.apic-accesses",
		.want = "not both \"virtualize x2APIC mode\" and \"virtualize APIC accesses\"",
		READS(VMCS_SECONDARY_CONTROLS),
		.holds = apic_has_one_mode,
		BREAKS(TPR_SHADOW_ON, TURN_ON(VMCS_SECONDARY_CONTROLS,
					      SECONDARY_VIRTUALIZE_X2APIC_MODE |
						      SECONDARY_VIRTUALIZE_APIC_ACCESSES)),
	},
	{
		.id = "control.interrupt-delivery.interrupt-exiting",
		.want = "\"external-interrupt exiting\" while \"virtual-interrupt delivery\" is 1",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PIN_CONTROLS),
		.holds = delivery_has_exits,
		BREAKS(DELIVERY_ON, TURN_OFF(VMCS_PIN_CONTROLS, PIN_EXTERNAL_INTERRUPT_EXITING)),
	},
	{
		.id = "control.posted-interrupts.delivery",
		.want = "\"virtual-interrupt delivery\" while \"process posted interrupts\" is 1",
		READS(VMCS_PIN_CONTROLS, VMCS_SECONDARY_CONTROLS),
		.holds = posted_are_delivered,
		BREAKS(POSTED_ON, DELIVERY_OFF),
	},
	{
		.id = "control.posted-interrupts.acknowledge",
		.want = "\"acknowledge interrupt on exit\" while \"process posted interrupts\" is "
			"1",
		READS(VMCS_PIN_CONTROLS, VMCS_EXIT_CONTROLS),
		.holds = posted_are_acknowledged,
		BREAKS(POSTED_ON, DELIVERY_ON,
		       TURN_OFF(VMCS_EXIT_CONTROLS, EXIT_ACKNOWLEDGE_INTERRUPT)),
	},
	{
		.id = "control.posted-interrupts.vector",
		.want = "a vector from 0 to 255",
		READS(VMCS_POSTED_INTERRUPT_VECTOR),
		.holds = posted_vector_fits,
		BREAKS(POSTED_ON, DELIVERY_ON, WRITE(VMCS_POSTED_INTERRUPT_VECTOR, 0x100)),
	},
	{
		.id = "control.pid-pointer-table.end",
		.want = "the last entry within the physical-address width",
		READS(VMCS_PID_POINTER_TABLE, VMCS_LAST_PID_POINTER_INDEX),
		.holds = last_pid_pointer_fits,
		BREAKS(IPIS_ON, TPR_SHADOW_ON),
		.break_further = end_past_memory,
	},
};

RULE_TABLE(execution_apic_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
