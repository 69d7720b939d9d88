/* SDM volume 3, "Checks on Host Segment and Descriptor-Table Registers". */
#include "vmx/check/rule_words.h"
#include "x86/segment.h"

/* X(name, id, field) */
#define SELECTOR_LIST(X)                   \
	X(cs, "cs", VMCS_HOST_CS_SELECTOR) \
	X(ss, "ss", VMCS_HOST_SS_SELECTOR) \
	X(ds, "ds", VMCS_HOST_DS_SELECTOR) \
	X(es, "es", VMCS_HOST_ES_SELECTOR) \
	X(fs, "fs", VMCS_HOST_FS_SELECTOR) \
	X(gs, "gs", VMCS_HOST_GS_SELECTOR) \
	X(tr, "tr", VMCS_HOST_TR_SELECTOR)

/* X(name, id, field) */
#define BASE_LIST(X)                         \
	X(fs, "fs", VMCS_HOST_FS_BASE)       \
	X(gs, "gs", VMCS_HOST_GS_BASE)       \
	X(tr, "tr", VMCS_HOST_TR_BASE)       \
	X(gdtr, "gdtr", VMCS_HOST_GDTR_BASE) \
	X(idtr, "idtr", VMCS_HOST_IDTR_BASE)

#define X(name, id, which)                                                 \
	static bool name##_is_plain(const struct entry_check_input *in)    \
	{                                                                  \
		return !(field(in, which) & (SELECTOR_RPL | SELECTOR_TI)); \
	}
SELECTOR_LIST(X)
#undef X

#define X(name, id, which)                                                  \
	static bool name##_is_canonical(const struct entry_check_input *in) \
	{                                                                   \
		return is_canonical_here(in, field(in, which));             \
	}
BASE_LIST(X)
#undef X

static bool cs_is_not_null(const struct entry_check_input *in)
{
	return field(in, VMCS_HOST_CS_SELECTOR);
}

static bool tr_is_not_null(const struct entry_check_input *in)
{
	return field(in, VMCS_HOST_TR_SELECTOR);
}

/* From IA-32e mode no exit leads to such a host: host.address-space-size.ia32e. */
static bool ss_is_not_null(const struct entry_check_input *in)
{
	return implies(!in_ia32e_mode(in) && !exit_on(in, EXIT_HOST_ADDRESS_SPACE_SIZE),
		       field(in, VMCS_HOST_SS_SELECTOR));
}

static const struct entry_rule_row host_segment_rules[] = {
#define X(name, prefix, which)                             \
	{                                                  \
		.id = "host." prefix ".selector",          \
		.want = "bits 1:0 (RPL) and bit 2 (TI) 0", \
		READS(which),                              \
		.holds = name##_is_plain,                  \
		BREAKS(TURN_ON(which, SELECTOR_TI)),       \
	},
	SELECTOR_LIST(X)
#undef X
		{
			.id = "host.cs.null",
			.want = "a selector other than 0",
			READS(VMCS_HOST_CS_SELECTOR),
			.holds = cs_is_not_null,
			BREAKS(WRITE(VMCS_HOST_CS_SELECTOR, 0)),
		},
	{
		.id = "host.tr.null",
		.want = "a selector other than 0",
		READS(VMCS_HOST_TR_SELECTOR),
		.holds = tr_is_not_null,
		BREAKS(WRITE(VMCS_HOST_TR_SELECTOR, 0)),
	},
	{
		.id = "host.ss.null",
		.want = "a selector other than 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_SS_SELECTOR, VMCS_EXIT_CONTROLS),
		.holds = ss_is_not_null,
		BREAKS(HOST_OF_32_BITS, WRITE(VMCS_HOST_SS_SELECTOR, 0)),
		.break_further = leave_ia32e_mode,
	},
#define X(name, prefix, which)                       \
	{                                            \
		.id = "host." prefix ".base",        \
		.want = "a canonical address",       \
		READS(which),                        \
		.holds = name##_is_canonical,        \
		BREAKS(WRITE(which, NOT_CANONICAL)), \
	},
	BASE_LIST(X)
#undef X
};

RULE_TABLE(host_segment_rules, SECTION_HOST_SEGMENTS, REFUSED_HOST_STATE);
