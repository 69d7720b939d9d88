/* SDM volume 3, "Checks on Guest Segment Registers": what is asked of CS alone, and what of SS. */
#include "vmx/check/guest_words.h"

/* A data segment as the code segment of real mode: with "unrestricted guest" only. */
#define TYPE_CODE_IN_REAL_MODE TYPE_DATA_RW_ACCESSED

static bool cs_is_data(const struct entry_check_input *in)
{
	return unrestricted_guest(in) && type_of(in, SEGMENT_CS) == TYPE_CODE_IN_REAL_MODE;
}

/* --- CS -------------------------------------------------------------------------------------- */

static bool cs_type_is_code(const struct entry_check_input *in)
{
	const uint64_t code = TYPE_CODE | TYPE_ACCESSED;

	return virtual_8086_guest(in) || cs_is_data(in) || (type_of(in, SEGMENT_CS) & code) == code;
}

static bool cs_data_is_level_0(const struct entry_check_input *in)
{
	return implies(!virtual_8086_guest(in) && cs_is_data(in), !dpl_of(in, SEGMENT_CS));
}

static bool is_accessed_code(const struct entry_check_input *in, bool conforming)
{
	uint64_t type = type_of(in, SEGMENT_CS);

	return !virtual_8086_guest(in) && (type & TYPE_CODE) && (type & TYPE_ACCESSED) &&
	       !!(type & TYPE_CONFORMING) == conforming;
}

static bool cs_has_the_level_of_ss(const struct entry_check_input *in)
{
	return implies(is_accessed_code(in, false),
		       dpl_of(in, SEGMENT_CS) == dpl_of(in, SEGMENT_SS));
}

static bool cs_is_no_level_above_ss(const struct entry_check_input *in)
{
	return implies(is_accessed_code(in, true),
		       dpl_of(in, SEGMENT_CS) <= dpl_of(in, SEGMENT_SS));
}

static bool cs_has_one_size(const struct entry_check_input *in)
{
	return implies(!virtual_8086_guest(in) && code64_guest(in),
		       !(rights_of(in, SEGMENT_CS) & RIGHTS_DB));
}

/* --- SS -------------------------------------------------------------------------------------- */

static bool is_restricted(const struct entry_check_input *in)
{
	return !virtual_8086_guest(in) && !unrestricted_guest(in);
}

static bool ss_rpl_is_that_of_cs(const struct entry_check_input *in)
{
	return implies(is_restricted(in), rpl_of(in, SEGMENT_SS) == rpl_of(in, SEGMENT_CS));
}

static bool ss_type_is_writable(const struct entry_check_input *in)
{
	uint64_t want = TYPE_WRITABLE | TYPE_ACCESSED;

	return implies(!virtual_8086_guest(in) && is_usable(in, SEGMENT_SS),
		       (type_of(in, SEGMENT_SS) & ~(uint64_t)TYPE_EXPAND_DOWN) == want);
}

static bool ss_dpl_is_its_rpl(const struct entry_check_input *in)
{
	return implies(is_restricted(in), dpl_of(in, SEGMENT_SS) == rpl_of(in, SEGMENT_SS));
}

static bool ss_is_level_0_in_real_mode(const struct entry_check_input *in)
{
	bool real = cs_is_data(in) || !(guest_cr0(in) & CR0_PE);

	return implies(!virtual_8086_guest(in) && real, !dpl_of(in, SEGMENT_SS));
}

static const struct entry_rule_row guest_code_stack_rules[] = {
	{
		.id = "segment.cs.type",
		.want = "type 9, 11, 13 or 15, or with \"unrestricted guest\" 3",
		READS(VMCS_GUEST_CS_AR_BYTES, VMCS_SECONDARY_CONTROLS),
		.holds = cs_type_is_code,
		BREAKS(TURN_OFF(VMCS_GUEST_CS_AR_BYTES, TYPE_ACCESSED)),
	},
	{
		.id = "segment.cs.dpl-of-data",
		.want = "DPL 0 with type 3",
		READS(VMCS_GUEST_CS_AR_BYTES),
		.holds = cs_data_is_level_0,
		IN_GUEST(PROTECTED),
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       SET_BITS(VMCS_GUEST_CS_AR_BYTES, RIGHTS_TYPE | RIGHTS_DPL,
				TYPE_CODE_IN_REAL_MODE | RIGHTS_DPL)),
	},
	{
		.id = "segment.cs.dpl-nonconforming",
		.want = "the DPL of SS with type 9 or 11",
		READS(VMCS_GUEST_CS_AR_BYTES, VMCS_GUEST_SS_AR_BYTES),
		.holds = cs_has_the_level_of_ss,
		BREAKS(TURN_ON(VMCS_GUEST_CS_AR_BYTES, RIGHTS_DPL)),
	},
	{
		.id = "segment.cs.dpl-conforming",
		.want = "a DPL no greater than that of SS with type 13 or 15",
		READS(VMCS_GUEST_CS_AR_BYTES, VMCS_GUEST_SS_AR_BYTES),
		.holds = cs_is_no_level_above_ss,
		BREAKS(TURN_ON(VMCS_GUEST_CS_AR_BYTES, TYPE_CONFORMING | RIGHTS_DPL)),
	},
	{
		.id = "segment.cs.default-size",
		.want = "bit 14 (D/B) 0 while bit 13 (L) is 1 in IA-32e mode",
		READS(VMCS_GUEST_CS_AR_BYTES, VMCS_ENTRY_CONTROLS),
		.holds = cs_has_one_size,
		BREAKS(TURN_ON(VMCS_GUEST_CS_AR_BYTES, RIGHTS_DB)),
	},
	{
		.id = "segment.ss.rpl",
		.want = "the RPL of CS, without \"unrestricted guest\"",
		READS(VMCS_GUEST_SS_SELECTOR, VMCS_GUEST_CS_SELECTOR, VMCS_SECONDARY_CONTROLS),
		.holds = ss_rpl_is_that_of_cs,
		BREAKS(TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       TURN_ON(VMCS_GUEST_CS_SELECTOR, SELECTOR_RPL)),
	},
	{
		.id = "segment.ss.type",
		.want = "type 3 or 7",
		READS(VMCS_GUEST_SS_AR_BYTES),
		.holds = ss_type_is_writable,
		BREAKS(TURN_OFF(VMCS_GUEST_SS_AR_BYTES, TYPE_WRITABLE)),
	},
	{
		.id = "segment.ss.dpl",
		.want = "DPL equal to the selector's RPL, without \"unrestricted guest\"",
		READS(VMCS_GUEST_SS_AR_BYTES, VMCS_GUEST_SS_SELECTOR, VMCS_SECONDARY_CONTROLS),
		.holds = ss_dpl_is_its_rpl,
		BREAKS(TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       TURN_ON(VMCS_GUEST_CS_SELECTOR, SELECTOR_RPL),
		       TURN_ON(VMCS_GUEST_SS_SELECTOR, SELECTOR_RPL)),
	},
	{
		.id = "segment.ss.dpl-in-real-mode",
		.want = "DPL 0 while CR0.PE is 0, or with CS of type 3",
		READS(VMCS_GUEST_SS_AR_BYTES, VMCS_GUEST_CS_AR_BYTES, VMCS_GUEST_CR0),
		.holds = ss_is_level_0_in_real_mode,
		IN_GUEST(REAL),
		BREAKS(TURN_ON(VMCS_GUEST_CS_AR_BYTES, RIGHTS_DPL),
		       TURN_ON(VMCS_GUEST_SS_AR_BYTES, RIGHTS_DPL)),
	},
};

RULE_TABLE(guest_code_stack_rules, SECTION_GUEST_SEGMENTS, REFUSED_GUEST_STATE);
