/* SDM volume 3, "Checks on Guest Descriptor-Table Registers". */
#include "vmx/check/guest_words.h"

static bool gdtr_base_is_canonical(const struct entry_check_input *in)
{
	return is_canonical_here(in, field(in, VMCS_GUEST_GDTR_BASE));
}

static bool idtr_base_is_canonical(const struct entry_check_input *in)
{
	return is_canonical_here(in, field(in, VMCS_GUEST_IDTR_BASE));
}

static bool gdtr_limit_is_short(const struct entry_check_input *in)
{
	return !(field(in, VMCS_GUEST_GDTR_LIMIT) >> 16);
}

static bool idtr_limit_is_short(const struct entry_check_input *in)
{
	return !(field(in, VMCS_GUEST_IDTR_LIMIT) >> 16);
}

static const struct entry_rule_row guest_table_rules[] = {
	{
		.id = "guest.gdtr.base-canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_GDTR_BASE),
		.holds = gdtr_base_is_canonical,
		BREAKS(WRITE(VMCS_GUEST_GDTR_BASE, NOT_CANONICAL)),
	},
	{
		.id = "guest.gdtr.limit",
		.want = "bits 31:16 0",
		READS(VMCS_GUEST_GDTR_LIMIT),
		.holds = gdtr_limit_is_short,
		BREAKS(TURN_ON(VMCS_GUEST_GDTR_LIMIT, BIT(16))),
	},
	{
		.id = "guest.idtr.base-canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_IDTR_BASE),
		.holds = idtr_base_is_canonical,
		BREAKS(WRITE(VMCS_GUEST_IDTR_BASE, NOT_CANONICAL)),
	},
	{
		.id = "guest.idtr.limit",
		.want = "bits 31:16 0",
		READS(VMCS_GUEST_IDTR_LIMIT),
		.holds = idtr_limit_is_short,
		BREAKS(TURN_ON(VMCS_GUEST_IDTR_LIMIT, BIT(16))),
	},
};

RULE_TABLE(guest_table_rules, SECTION_GUEST_TABLES, REFUSED_GUEST_STATE);
