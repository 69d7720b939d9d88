/* SDM volume 3, "Checks on Guest Segment Registers": what is asked of TR alone, which always has to be usable,
 * and what of LDTR. */
#include "vmx/check/guest_words.h"

static bool tr_is_busy(const struct entry_check_input *in)
{
	uint64_t type = type_of(in, SEGMENT_TR);

	return type == TYPE_TSS_BUSY || type == TYPE_TSS16_BUSY;
}

static bool tr_is_no_16_bit_tss(const struct entry_check_input *in)
{
	return implies(ia32e_guest(in), type_of(in, SEGMENT_TR) != TYPE_TSS16_BUSY);
}

static bool ldtr_is_an_ldt(const struct entry_check_input *in)
{
	return implies(is_usable(in, SEGMENT_LDTR), type_of(in, SEGMENT_LDTR) == TYPE_LDT);
}

static const struct entry_rule_row guest_system_segment_rules[] = {
	{
		.id = "segment.tr.busy",
		.want = "type 3 or 11, a busy TSS",
		READS(VMCS_GUEST_TR_AR_BYTES),
		.holds = tr_is_busy,
		BREAKS(TURN_OFF(VMCS_GUEST_TR_AR_BYTES, TYPE_BUSY)),
	},
	{
		.id = "segment.tr.busy-in-ia32e",
		.want = "type 11, a busy 64-bit TSS, in IA-32e mode",
		READS(VMCS_GUEST_TR_AR_BYTES, VMCS_ENTRY_CONTROLS),
		.holds = tr_is_no_16_bit_tss,
		BREAKS(SET_BITS(VMCS_GUEST_TR_AR_BYTES, RIGHTS_TYPE, TYPE_TSS16_BUSY)),
	},
	{
		.id = "segment.tr.usable",
		.want = "bit 16 (unusable) 0",
		READS(VMCS_GUEST_TR_AR_BYTES),
		ZEROES(RIGHTS_UNUSABLE),
	},
	{
		.id = "segment.ldtr.type",
		.want = "type 2, an LDT",
		READS(VMCS_GUEST_LDTR_AR_BYTES),
		.holds = ldtr_is_an_ldt,
		BREAKS(TURN_ON(VMCS_GUEST_LDTR_AR_BYTES, TYPE_ACCESSED)),
	},
};

RULE_TABLE(guest_system_segment_rules, SECTION_GUEST_SEGMENTS, REFUSED_GUEST_STATE);
