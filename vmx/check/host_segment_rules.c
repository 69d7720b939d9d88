/* SDM volume 3, "Checks on Host Segment and Descriptor-Table Registers". */
#include "vmx/check/rule_words.h"
#include "x86/segment.h"

/* From IA-32e mode no exit leads to such a host: host.address-space-size.ia32e. */
static bool ss_is_not_null(const struct entry_check_input *in)
{
	return implies(!in_ia32e_mode(in) && !exit_on(in, EXIT_HOST_ADDRESS_SPACE_SIZE),
		       field(in, VMCS_HOST_SS_SELECTOR));
}

#define SELECTOR_ROW(name, which)                                                     \
	{                                                                             \
		.id = "" name ".selector", .want = "bits 1:0 (RPL) and bit 2 (TI) 0", \
		READS(which), ZEROES(SELECTOR_RPL | SELECTOR_TI),                     \
	}

#define BASE_ROW(name, which)                                                       \
	{                                                                           \
		.id = "" name ".base", .want = "a canonical address", READS(which), \
		.kind = RULE_CANONICAL,                                             \
	}

static const struct entry_rule_row host_segment_rules[] = {
	SELECTOR_ROW("cs", VMCS_HOST_CS_SELECTOR),
	SELECTOR_ROW("ss", VMCS_HOST_SS_SELECTOR),
	SELECTOR_ROW("ds", VMCS_HOST_DS_SELECTOR),
	SELECTOR_ROW("es", VMCS_HOST_ES_SELECTOR),
	SELECTOR_ROW("fs", VMCS_HOST_FS_SELECTOR),
	SELECTOR_ROW("gs", VMCS_HOST_GS_SELECTOR),
	SELECTOR_ROW("tr", VMCS_HOST_TR_SELECTOR),
	{
		.id = "cs.null",
		.want = "a selector other than 0",
		READS(VMCS_HOST_CS_SELECTOR),
		.kind = RULE_NOT_ZERO,
	},
	{
		.id = "tr.null",
		.want = "a selector other than 0",
		READS(VMCS_HOST_TR_SELECTOR),
		.kind = RULE_NOT_ZERO,
	},
	{
		.id = "ss.null",
		.want = "a selector other than 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_SS_SELECTOR, VMCS_EXIT_CONTROLS),
		.holds = ss_is_not_null,
		BREAKS(WRITE(VMCS_HOST_SS_SELECTOR, 0)),
		.start = START_OUTSIDE_IA32E,
	},
	BASE_ROW("fs", VMCS_HOST_FS_BASE),
	BASE_ROW("gs", VMCS_HOST_GS_BASE),
	BASE_ROW("tr", VMCS_HOST_TR_BASE),
	BASE_ROW("gdtr", VMCS_HOST_GDTR_BASE),
	BASE_ROW("idtr", VMCS_HOST_IDTR_BASE),
};

RULE_TABLE(host_segment_rules, SECTION_HOST_SEGMENTS, REFUSED_HOST_STATE);
