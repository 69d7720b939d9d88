/* SDM volume 3, "VM-Execution Control Fields" (of "Checks on VMX Controls"): virtualization of the
 * local APIC, posted interrupts and IPIs. The addresses are in vmx/check/execution_address_rules.c. */
#include "vmx/check/rule_words.h"

#define TPR_THRESHOLD_VALUE    BITS(3, 0)
#define TPR_THRESHOLD_RESERVED BITS(31, 4)
#define VTPR_CLASS_SHIFT       4
#define VECTOR_RESERVED        BITS(15, 8)
#define PID_POINTER_SIZE       8

#define TPR_SHADOW_ON TURN_ON(VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW)
#define DELIVERY_ON \
	TPR_SHADOW_ON, TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)
#define DELIVERY_OFF TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY)

/* --- the task priority ----------------------------------------------------------------------- */

static bool threshold_counts(const struct entry_check_input *in)
{
	return !secondary_on(in, SECONDARY_VIRTUAL_INTERRUPT_DELIVERY);
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

static void exceed_vtpr(struct entry_check_input *in)
{
	change_field(in, VMCS_SECONDARY_CONTROLS,
		     SECONDARY_VIRTUAL_INTERRUPT_DELIVERY | SECONDARY_VIRTUALIZE_APIC_ACCESSES, 0);
	set_field(in, VMCS_TPR_THRESHOLD, 1);
	in->memory.vtpr_known = true;
	in->memory.vtpr = 0;
}

static bool has_no_apic_page(const struct entry_check_input *in)
{
	return !secondary_on(in, SECONDARY_VIRTUALIZE_APIC_ACCESSES);
}

/* --- the PID-pointer table ------------------------------------------------------------------- */

static bool last_pid_pointer_fits(const struct entry_check_input *in)
{
	uint64_t table = field(in, VMCS_PID_POINTER_TABLE);
	uint64_t last = table + field(in, VMCS_LAST_PID_POINTER_INDEX) * PID_POINTER_SIZE;

	/* Where the table itself lies is another rule's. */
	return implies(is_narrow(in, table), is_narrow(in, last));
}

static void end_past_memory(struct entry_check_input *in)
{
	change_field(in, VMCS_PRIMARY_CONTROLS, PRIMARY_USE_TPR_SHADOW, PRIMARY_USE_TPR_SHADOW);
	set_field(in, VMCS_PID_POINTER_TABLE, BIT(address_width(in)) - PID_POINTER_SIZE);
	set_field(in, VMCS_LAST_PID_POINTER_INDEX, 1);
}

static const struct entry_rule_row execution_apic_rules[] = {
	{
		.id = "tpr-threshold.reserved",
		.want = "bits 31:4 0 without \"virtual-interrupt delivery\"",
		READS(VMCS_TPR_THRESHOLD),
		WHILE(PRIMARY, USE_TPR_SHADOW),
		.holds = threshold_is_a_class,
		BREAKS(DELIVERY_OFF, WRITE(VMCS_TPR_THRESHOLD, 0x10)),
	},
	{
		.id = "tpr-threshold.vtpr",
		.want = "a threshold of at most bits 7:4 of VTPR (byte 80H of the virtual-APIC "
			"page)",
		READS(VMCS_TPR_THRESHOLD, VMCS_VIRTUAL_APIC_ADDRESS),
		WHILE(PRIMARY, USE_TPR_SHADOW),
		.holds = threshold_is_not_reached,
		.break_by = exceed_vtpr,
	},
	{
		.id = "x2apic-mode.tpr-shadow",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		WHILE(SECONDARY, VIRTUALIZE_X2APIC_MODE),
		NEEDS(PRIMARY, USE_TPR_SHADOW),
	},
	{
		.id = "apic-registers.tpr-shadow",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		WHILE(SECONDARY, APIC_REGISTER_VIRTUALIZATION),
		NEEDS(PRIMARY, USE_TPR_SHADOW),
	},
	{
		.id = "interrupt-delivery.tpr-shadow",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		WHILE(SECONDARY, VIRTUAL_INTERRUPT_DELIVERY),
		NEEDS(PRIMARY, USE_TPR_SHADOW),
	},
	{
		.id = "ipi-virtualization.tpr-shadow",
		READS(VMCS_TERTIARY_CONTROLS, VMCS_PRIMARY_CONTROLS),
		WHILE(TERTIARY, IPI_VIRTUALIZATION),
		NEEDS(PRIMARY, USE_TPR_SHADOW),
	},
	{
		.id = "x2apic-mode.apic-accesses",
		.want = "not both \"virtualize x2APIC mode\" and \"virtualize APIC accesses\"",
		READS(VMCS_SECONDARY_CONTROLS),
		WHILE(SECONDARY, VIRTUALIZE_X2APIC_MODE),
		.holds = has_no_apic_page,
		BREAKS(TPR_SHADOW_ON,
		       TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_VIRTUALIZE_APIC_ACCESSES)),
	},
	{
		.id = "interrupt-delivery.interrupt-exiting",
		READS(VMCS_SECONDARY_CONTROLS, VMCS_PIN_CONTROLS),
		WHILE(SECONDARY, VIRTUAL_INTERRUPT_DELIVERY),
		NEEDS(PIN, EXTERNAL_INTERRUPT_EXITING),
		BREAKS(TPR_SHADOW_ON),
	},
	{
		.id = "posted-interrupts.delivery",
		READS(VMCS_PIN_CONTROLS, VMCS_SECONDARY_CONTROLS),
		WHILE(PIN, PROCESS_POSTED_INTERRUPTS),
		NEEDS(SECONDARY, VIRTUAL_INTERRUPT_DELIVERY),
	},
	{
		.id = "posted-interrupts.acknowledge",
		READS(VMCS_PIN_CONTROLS, VMCS_EXIT_CONTROLS),
		WHILE(PIN, PROCESS_POSTED_INTERRUPTS),
		NEEDS(EXIT, ACKNOWLEDGE_INTERRUPT),
		BREAKS(DELIVERY_ON),
	},
	{
		.id = "posted-interrupts.vector",
		.want = "a vector from 0 to 255",
		READS(VMCS_POSTED_INTERRUPT_VECTOR),
		WHILE(PIN, PROCESS_POSTED_INTERRUPTS),
		ZEROES(VECTOR_RESERVED),
		BREAKS(DELIVERY_ON),
	},
	{
		.id = "pid-pointer-table.end",
		.want = "the last entry within the physical-address width",
		READS(VMCS_PID_POINTER_TABLE, VMCS_LAST_PID_POINTER_INDEX),
		WHILE(TERTIARY, IPI_VIRTUALIZATION),
		.holds = last_pid_pointer_fits,
		.break_by = end_past_memory,
	},
};

RULE_TABLE(execution_apic_rules, SECTION_EXECUTION_CONTROLS, REFUSED_CONTROLS);
