/* SDM volume 3, "Checks on Guest Descriptor-Table Registers". */
#include "vmx/check/guest_words.h"

static const struct entry_rule_row guest_table_rules[] = {
	{
		.id = "gdtr.base-canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_GDTR_BASE),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "gdtr.limit",
		.want = "bits 31:16 0",
		READS(VMCS_GUEST_GDTR_LIMIT),
		ZEROES(BITS(31, 16)),
	},
	{
		.id = "idtr.base-canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_IDTR_BASE),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "idtr.limit",
		.want = "bits 31:16 0",
		READS(VMCS_GUEST_IDTR_LIMIT),
		ZEROES(BITS(31, 16)),
	},
};

RULE_TABLE(guest_table_rules, SECTION_GUEST_TABLES, REFUSED_GUEST_STATE);
