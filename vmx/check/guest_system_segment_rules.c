/* SDM volume 3, "Checks on Guest Segment Registers": TR, which always has to be usable, and LDTR. */
#include "vmx/check/guest_words.h"

/* --- what both are asked, where LDTR is usable ----------------------------------------------- */

static bool is_in_gdt(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), !(selector_of(in, segment) & SELECTOR_TI));
}

static bool base_canonical(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), is_canonical_here(in, base_of(in, segment)));
}

static bool is_system(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), !(rights_of(in, segment) & RIGHTS_S));
}

static bool is_present(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), rights_of(in, segment) & RIGHTS_P);
}

static bool reserved_low(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), !(rights_of(in, segment) & BITS(11, 8)));
}

static bool reserved_high(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_usable(in, segment), !(rights_of(in, segment) & BITS(31, 17)));
}

#define LIMIT_BYTES BITS(11, 0)  /* any of them 0: the limit counts bytes */
#define LIMIT_PAGES BITS(31, 20) /* any of them 1: the limit counts pages */

static bool granular_bytes(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool bytes = (limit_of(in, segment) & LIMIT_BYTES) != LIMIT_BYTES;

	return implies(is_usable(in, segment) && bytes, !(rights_of(in, segment) & RIGHTS_G));
}

static bool granular_pages(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool pages = limit_of(in, segment) & LIMIT_PAGES;

	return implies(is_usable(in, segment) && pages, rights_of(in, segment) & RIGHTS_G);
}

/* --- types ----------------------------------------------------------------------------------- */

static bool tr_is_busy(const struct entry_check_input *in)
{
	uint64_t type = type_of(in, SEGMENT_TR);

	return type == TYPE_TSS_BUSY || type == TYPE_TSS16_BUSY;
}

static bool tr_is_no_16_bit_tss(const struct entry_check_input *in)
{
	return implies(ia32e_guest(in), type_of(in, SEGMENT_TR) != TYPE_TSS16_BUSY);
}

static bool tr_is_usable(const struct entry_check_input *in)
{
	return !(rights_of(in, SEGMENT_TR) & RIGHTS_UNUSABLE);
}

static bool ldtr_is_an_ldt(const struct entry_check_input *in)
{
	return implies(is_usable(in, SEGMENT_LDTR), type_of(in, SEGMENT_LDTR) == TYPE_LDT);
}

/* --- the rows -------------------------------------------------------------------------------- */

#define ROW(name, NAME, what, wanted, check, reads, ...)                             \
	{                                                                            \
		.id = "guest.segment." #name "." what, .want = wanted, READS(reads), \
		.of_segment = true, .segment = SEGMENT_##NAME, .holds_for = check,   \
		BREAKS(__VA_ARGS__),                                                 \
	}

#define GRANULARITY_ROW(name, NAME, what, wanted, check, limit, turn)              \
	{                                                                          \
		.id = "guest.segment." #name "." what, .want = wanted,             \
		READS(VMCS_GUEST_##NAME##_AR_BYTES, VMCS_GUEST_##NAME##_LIMIT),    \
		.of_segment = true, .segment = SEGMENT_##NAME, .holds_for = check, \
		BREAKS(WRITE(VMCS_GUEST_##NAME##_LIMIT, (limit)),                  \
		       turn(VMCS_GUEST_##NAME##_AR_BYTES, RIGHTS_G)),              \
	}

#define ROWS_BOTH(name, NAME)                                                                      \
	ROW(name, NAME, "in-gdt", "bit 2 (TI) 0", is_in_gdt, VMCS_GUEST_##NAME##_SELECTOR,         \
	    TURN_ON(VMCS_GUEST_##NAME##_SELECTOR, SELECTOR_TI)),                                   \
		ROW(name, NAME, "base", "a canonical address", base_canonical,                     \
		    VMCS_GUEST_##NAME##_BASE, WRITE(VMCS_GUEST_##NAME##_BASE, NOT_CANONICAL)),     \
		ROW(name, NAME, "system", "bit 4 (S) 0", is_system, VMCS_GUEST_##NAME##_AR_BYTES,  \
		    TURN_ON(VMCS_GUEST_##NAME##_AR_BYTES, RIGHTS_S)),                              \
		ROW(name, NAME, "present", "bit 7 (P) 1", is_present,                              \
		    VMCS_GUEST_##NAME##_AR_BYTES,                                                  \
		    TURN_OFF(VMCS_GUEST_##NAME##_AR_BYTES, RIGHTS_P)),                             \
		ROW(name, NAME, "reserved-low", "bits 11:8 0", reserved_low,                       \
		    VMCS_GUEST_##NAME##_AR_BYTES, TURN_ON(VMCS_GUEST_##NAME##_AR_BYTES, BIT(8))),  \
		ROW(name, NAME, "reserved-high", "bits 31:17 0", reserved_high,                    \
		    VMCS_GUEST_##NAME##_AR_BYTES, TURN_ON(VMCS_GUEST_##NAME##_AR_BYTES, BIT(17))), \
		GRANULARITY_ROW(name, NAME, "granularity-bytes",                                   \
				"bit 15 (G) 0 while any of bits 11:0 of the limit is 0",           \
				granular_bytes, LIMIT_PAGES, TURN_ON),                             \
		GRANULARITY_ROW(name, NAME, "granularity-pages",                                   \
				"bit 15 (G) 1 while any of bits 31:20 of the limit is 1",          \
				granular_pages, LIMIT_PAGES | LIMIT_BYTES, TURN_OFF)

static const struct entry_rule guest_system_segment_rules[] = {
	{
		.id = "guest.segment.tr.busy",
		.want = "type 3 or 11, a busy TSS",
		READS(VMCS_GUEST_TR_AR_BYTES),
		.holds = tr_is_busy,
		BREAKS(TURN_OFF(VMCS_GUEST_TR_AR_BYTES, TYPE_BUSY)),
	},
	{
		.id = "guest.segment.tr.busy-in-ia32e",
		.want = "type 11, a busy 64-bit TSS, in IA-32e mode",
		READS(VMCS_GUEST_TR_AR_BYTES, VMCS_ENTRY_CONTROLS),
		.holds = tr_is_no_16_bit_tss,
		BREAKS(SET_BITS(VMCS_GUEST_TR_AR_BYTES, RIGHTS_TYPE, TYPE_TSS16_BUSY)),
	},
	{
		.id = "guest.segment.tr.usable",
		.want = "bit 16 (unusable) 0",
		READS(VMCS_GUEST_TR_AR_BYTES),
		.holds = tr_is_usable,
		BREAKS(TURN_ON(VMCS_GUEST_TR_AR_BYTES, RIGHTS_UNUSABLE)),
	},
	ROWS_BOTH(tr, TR),
	{
		.id = "guest.segment.ldtr.type",
		.want = "type 2, an LDT",
		READS(VMCS_GUEST_LDTR_AR_BYTES),
		.holds = ldtr_is_an_ldt,
		BREAKS(TURN_ON(VMCS_GUEST_LDTR_AR_BYTES, TYPE_ACCESSED)),
	},
	ROWS_BOTH(ldtr, LDTR),
};

RULE_TABLE(guest_system_segment_rules, SECTION_GUEST_SEGMENTS, REFUSED_GUEST_STATE);
