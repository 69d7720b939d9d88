/* SDM volume 3, "VM-Exit Controls for MSRs" and "VM-Entry Controls for MSRs". */
#include "vmx/check/msr_area_rules.h"

#define LOW_BITS BITS(3, 0)

static uint64_t address(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return field(in, (enum vmcs_field)row->reads[0]);
}

static uint64_t length(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return field(in, (enum vmcs_field)row->reads[1]) * sizeof(struct msr_area_entry);
}

bool msr_area_is_aligned(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return implies(length(in, row), !(address(in, row) & LOW_BITS));
}

bool msr_area_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return implies(length(in, row), is_narrow(in, address(in, row)));
}

/* Where the area begins is the rule before. */
bool msr_area_end_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return implies(length(in, row) && is_narrow(in, address(in, row)),
		       is_narrow(in, address(in, row) + length(in, row) - 1));
}

/* Two entries, of which one fits. */
void msr_area_end_past_memory(struct entry_check_input *in, const struct entry_rule_row *row)
{
	set_field(in, (enum vmcs_field)row->reads[0],
		  BIT(address_width(in)) - sizeof(struct msr_area_entry));
	set_field(in, (enum vmcs_field)row->reads[1], 2);
}
