/* SDM volume 3, "Checks on Guest Segment Registers": what is asked of several registers alike. A row says for
 * which. What is asked of CS and SS alone is in guest_code_stack_rules.c, of TR and LDTR alone in
 * guest_system_segment_rules.c. */
#include "vmx/check/guest_words.h"

#define ONE(NAME)          (1u << SEGMENT_##NAME)
#define DATA_REGISTERS     (ONE(ES) | ONE(DS) | ONE(FS) | ONE(GS))
#define ORDINARY_REGISTERS (DATA_REGISTERS | ONE(CS) | ONE(SS))
#define SYSTEM_REGISTERS   (ONE(LDTR) | ONE(TR))
#define ALL_REGISTERS      (ORDINARY_REGISTERS | SYSTEM_REGISTERS)

/* The fields of the register in question: rows name those of ES. */
#define SELECTOR VMCS_GUEST_ES_SELECTOR
#define BASE     VMCS_GUEST_ES_BASE
#define LIMIT    VMCS_GUEST_ES_LIMIT
#define RIGHTS   VMCS_GUEST_ES_AR_BYTES

/* --- virtual-8086 mode ----------------------------------------------------------------------- */

#define LIMIT_VIRTUAL_8086  0xffffu
#define RIGHTS_VIRTUAL_8086 0xf3u

static bool vm_base(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), base_of(in, segment) == selector_of(in, segment)
									       << 4);
}

static bool vm_limit(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), limit_of(in, segment) == LIMIT_VIRTUAL_8086);
}

static bool vm_rights(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), rights_of(in, segment) == RIGHTS_VIRTUAL_8086);
}

/* --- bases ----------------------------------------------------------------------------------- */

/* Those of FS and GS count even where the register is not usable. */
static bool base_is_canonical(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool counts = is_ordinary(segment) ? !virtual_8086_guest(in) : is_usable(in, segment);

	return implies(counts, is_canonical_here(in, base_of(in, segment)));
}

/* --- access rights --------------------------------------------------------------------------- */

/* The limit as a descriptor would have to count it. */
#define LIMIT_BYTES BITS(11, 0)  /* any of them 0: bytes */
#define LIMIT_PAGES BITS(31, 20) /* any of them 1: pages */

static bool granular_bytes(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool bytes = (limit_of(in, segment) & LIMIT_BYTES) != LIMIT_BYTES;

	return implies(is_looked_at(in, segment) && bytes, !(rights_of(in, segment) & RIGHTS_G));
}

static bool granular_pages(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool pages = limit_of(in, segment) & LIMIT_PAGES;

	return implies(is_looked_at(in, segment) && pages, rights_of(in, segment) & RIGHTS_G);
}

static bool readable(const struct entry_check_input *in, enum vmcs_segment segment)
{
	uint64_t type = type_of(in, segment);

	return implies(is_looked_at(in, segment) && (type & TYPE_CODE), type & TYPE_READABLE);
}

#define TYPE_LAST_NONCONFORMING 11

static bool privileged(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment) && !unrestricted_guest(in) &&
			       type_of(in, segment) <= TYPE_LAST_NONCONFORMING,
		       dpl_of(in, segment) >= rpl_of(in, segment));
}

static const struct entry_rule_row guest_segment_rules[] = {
	{
		.id = "virtual-8086-base",
		.want = "the selector times 16 in virtual-8086 mode",
		.segments = ORDINARY_REGISTERS,
		READS(BASE, SELECTOR),
		.holds_for = vm_base,
		IN_GUEST(VIRTUAL_8086),
		BREAKS(TURN_ON(BASE, BIT(12))),
	},
	{
		.id = "virtual-8086-limit",
		.want = "0xffff in virtual-8086 mode",
		.segments = ORDINARY_REGISTERS,
		READS(LIMIT),
		.holds_for = vm_limit,
		IN_GUEST(VIRTUAL_8086),
		BREAKS(TURN_OFF(LIMIT, BIT(15))),
	},
	{
		.id = "virtual-8086-rights",
		.want = "0xf3 in virtual-8086 mode",
		.segments = ORDINARY_REGISTERS,
		READS(RIGHTS),
		.holds_for = vm_rights,
		IN_GUEST(VIRTUAL_8086),
		BREAKS(TURN_ON(RIGHTS, RIGHTS_AVL)),
	},
	{
		.id = "base",
		.want = "bits 63:32 0",
		.segments = ONE(ES) | ONE(CS) | ONE(SS) | ONE(DS),
		READS(BASE),
		ZEROES(BITS(63, 32)),
	},
	{
		.id = "base",
		.want = "a canonical address",
		.segments = ONE(FS) | ONE(GS) | SYSTEM_REGISTERS,
		READS(BASE),
		.holds_for = base_is_canonical,
		BREAKS(WRITE(BASE, NOT_CANONICAL)),
	},
	{
		.id = "in-gdt",
		.want = "bit 2 (TI) 0",
		.segments = SYSTEM_REGISTERS,
		READS(SELECTOR),
		ZEROES(SELECTOR_TI),
	},
	{
		.id = "not-system",
		.want = "bit 4 (S) 1",
		.segments = ORDINARY_REGISTERS,
		READS(RIGHTS),
		ONES(RIGHTS_S),
	},
	{
		.id = "system",
		.want = "bit 4 (S) 0",
		.segments = SYSTEM_REGISTERS,
		READS(RIGHTS),
		ZEROES(RIGHTS_S),
	},
	{
		.id = "present",
		.want = "bit 7 (P) 1",
		.segments = ALL_REGISTERS,
		READS(RIGHTS),
		ONES(RIGHTS_P),
	},
	{
		.id = "reserved-low",
		.want = "bits 11:8 0",
		.segments = ALL_REGISTERS,
		READS(RIGHTS),
		ZEROES(BITS(11, 8)),
	},
	{
		.id = "reserved-high",
		.want = "bits 31:17 0",
		.segments = ALL_REGISTERS,
		READS(RIGHTS),
		ZEROES(BITS(31, 17)),
	},
	{
		.id = "granularity-bytes",
		.want = "bit 15 (G) 0 while any of bits 11:0 of the limit is 0",
		.segments = ALL_REGISTERS,
		READS(RIGHTS, LIMIT),
		.holds_for = granular_bytes,
		BREAKS(WRITE(LIMIT, LIMIT_PAGES), TURN_ON(RIGHTS, RIGHTS_G)),
	},
	{
		.id = "granularity-pages",
		.want = "bit 15 (G) 1 while any of bits 31:20 of the limit is 1",
		.segments = ALL_REGISTERS,
		READS(RIGHTS, LIMIT),
		.holds_for = granular_pages,
		BREAKS(WRITE(LIMIT, LIMIT_PAGES | LIMIT_BYTES), TURN_OFF(RIGHTS, RIGHTS_G)),
	},
	{
		.id = "accessed",
		.want = "an accessed type: bit 0 1",
		.segments = DATA_REGISTERS,
		READS(RIGHTS),
		ONES(TYPE_ACCESSED),
	},
	{
		.id = "readable",
		.want = "bit 1 of the type 1 in a code segment",
		.segments = DATA_REGISTERS,
		READS(RIGHTS),
		.holds_for = readable,
		BREAKS(SET_BITS(RIGHTS, RIGHTS_TYPE, TYPE_CODE | TYPE_ACCESSED)),
	},
	{
		.id = "dpl",
		.want = "DPL no less than the selector's RPL, without \"unrestricted guest\"",
		.segments = DATA_REGISTERS,
		READS(RIGHTS, SELECTOR, VMCS_SECONDARY_CONTROLS),
		.holds_for = privileged,
		BREAKS(TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       TURN_ON(SELECTOR, SELECTOR_RPL)),
	},
};

RULE_TABLE(guest_segment_rules, SECTION_GUEST_SEGMENTS, REFUSED_GUEST_STATE);
