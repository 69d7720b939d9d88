/* SDM volume 3, "Checks on Guest Segment Registers": what is asked of ES, CS, SS, DS, FS and GS alike. A
 * check is written once, for any register; the rows are made from it, one a register, and a row's id
 * names the register. What is asked of single registers is in guest_code_stack_rules.c, TR and LDTR are
 * in guest_system_segment_rules.c. */
#include "vmx/check/guest_words.h"

#define LIMIT_VIRTUAL_8086  0xffffu
#define RIGHTS_VIRTUAL_8086 0xf3u

/* Access rights are looked at where the register is usable, and not in virtual-8086 mode. */
static bool is_looked_at(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return is_usable(in, segment) && !virtual_8086_guest(in);
}

/* --- virtual-8086 mode ----------------------------------------------------------------------- */

static bool vm_base(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), base_of(in, segment) == selector_of(in, segment)
									       << 4);
}

static void break_vm_base(struct entry_check_input *in, enum vmcs_segment segment)
{
	guest_state_become(in, GUEST_STATE_VIRTUAL_8086);
	change_field(in, VMCS_GUEST_BASE(segment), BIT(12), BIT(12));
}

static bool vm_limit(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), limit_of(in, segment) == LIMIT_VIRTUAL_8086);
}

static void break_vm_limit(struct entry_check_input *in, enum vmcs_segment segment)
{
	guest_state_become(in, GUEST_STATE_VIRTUAL_8086);
	change_field(in, VMCS_GUEST_LIMIT(segment), BIT(15), 0);
}

static bool vm_rights(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(virtual_8086_guest(in), rights_of(in, segment) == RIGHTS_VIRTUAL_8086);
}

static void break_vm_rights(struct entry_check_input *in, enum vmcs_segment segment)
{
	guest_state_become(in, GUEST_STATE_VIRTUAL_8086);
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_AVL, RIGHTS_AVL);
}

/* --- any other mode -------------------------------------------------------------------------- */

static bool not_system(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment), rights_of(in, segment) & RIGHTS_S);
}

static void break_not_system(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_S, 0);
}

static bool present(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment), rights_of(in, segment) & RIGHTS_P);
}

static void break_present(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_P, 0);
}

static bool reserved_low(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment), !(rights_of(in, segment) & BITS(11, 8)));
}

static void break_reserved_low(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), BIT(8), BIT(8));
}

static bool reserved_high(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment), !(rights_of(in, segment) & BITS(31, 17)));
}

static void break_reserved_high(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), BIT(17), BIT(17));
}

/* The limit as a descriptor would have to count it. */
#define LIMIT_BYTES BITS(11, 0)  /* any of them 0: bytes */
#define LIMIT_PAGES BITS(31, 20) /* any of them 1: pages */

static bool granular_bytes(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool bytes = (limit_of(in, segment) & LIMIT_BYTES) != LIMIT_BYTES;

	return implies(is_looked_at(in, segment) && bytes, !(rights_of(in, segment) & RIGHTS_G));
}

static void break_granular_bytes(struct entry_check_input *in, enum vmcs_segment segment)
{
	set_field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(segment), LIMIT_PAGES);
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_G, RIGHTS_G);
}

static bool granular_pages(const struct entry_check_input *in, enum vmcs_segment segment)
{
	bool pages = limit_of(in, segment) & LIMIT_PAGES;

	return implies(is_looked_at(in, segment) && pages, rights_of(in, segment) & RIGHTS_G);
}

static void break_granular_pages(struct entry_check_input *in, enum vmcs_segment segment)
{
	set_field(in, (enum vmcs_field)VMCS_GUEST_LIMIT(segment), LIMIT_PAGES | LIMIT_BYTES);
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_G, 0);
}

/* --- data segments --------------------------------------------------------------------------- */

static bool accessed(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment), type_of(in, segment) & TYPE_ACCESSED);
}

static void break_accessed(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), TYPE_ACCESSED, 0);
}

static bool readable(const struct entry_check_input *in, enum vmcs_segment segment)
{
	uint64_t type = type_of(in, segment);

	return implies(is_looked_at(in, segment) && (type & TYPE_CODE), type & TYPE_READABLE);
}

static void break_readable(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_GUEST_RIGHTS(segment), RIGHTS_TYPE, TYPE_CODE | TYPE_ACCESSED);
}

#define TYPE_LAST_NONCONFORMING 11

static bool privileged(const struct entry_check_input *in, enum vmcs_segment segment)
{
	return implies(is_looked_at(in, segment) && !unrestricted_guest(in) &&
			       type_of(in, segment) <= TYPE_LAST_NONCONFORMING,
		       dpl_of(in, segment) >= rpl_of(in, segment));
}

static void break_privileged(struct entry_check_input *in, enum vmcs_segment segment)
{
	change_field(in, VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST, 0);
	change_field(in, VMCS_GUEST_SELECTOR(segment), SELECTOR_RPL, SELECTOR_RPL);
}

/* --- the rows -------------------------------------------------------------------------------- */

/* X(name in an id, NAME in a field) */
#define EVERY_REGISTER(X) X(es, ES) X(cs, CS) X(ss, SS) X(ds, DS) X(fs, FS) X(gs, GS)
#define DATA_REGISTERS(X) X(es, ES) X(ds, DS) X(fs, FS) X(gs, GS)

#define ROW(check, name, NAME, what, wanted, ...)      \
	{                                              \
		.id = "guest.segment." #name "." what, \
		.want = wanted,                        \
		READS(__VA_ARGS__),                    \
		.of_segment = true,                    \
		.segment = SEGMENT_##NAME,             \
		.holds_for = check,                    \
		.break_for = break_##check,            \
	},

#define SELECTOR(NAME) VMCS_GUEST_##NAME##_SELECTOR
#define BASE(NAME)     VMCS_GUEST_##NAME##_BASE
#define LIMIT(NAME)    VMCS_GUEST_##NAME##_LIMIT
#define RIGHTS(NAME)   VMCS_GUEST_##NAME##_AR_BYTES

#define ROWS_EVERY(name, NAME)                                                                  \
	ROW(vm_base, name, NAME, "virtual-8086-base",                                           \
	    "the selector times 16 in virtual-8086 mode", BASE(NAME), SELECTOR(NAME))           \
	ROW(vm_limit, name, NAME, "virtual-8086-limit", "0xffff in virtual-8086 mode",          \
	    LIMIT(NAME))                                                                        \
	ROW(vm_rights, name, NAME, "virtual-8086-rights", "0xf3 in virtual-8086 mode",          \
	    RIGHTS(NAME))                                                                       \
	ROW(not_system, name, NAME, "not-system", "bit 4 (S) 1", RIGHTS(NAME))                  \
	ROW(present, name, NAME, "present", "bit 7 (P) 1", RIGHTS(NAME))                        \
	ROW(reserved_low, name, NAME, "reserved-low", "bits 11:8 0", RIGHTS(NAME))              \
	ROW(reserved_high, name, NAME, "reserved-high", "bits 31:17 0", RIGHTS(NAME))           \
	ROW(granular_bytes, name, NAME, "granularity-bytes",                                    \
	    "bit 15 (G) 0 while any of bits 11:0 of the limit is 0", RIGHTS(NAME), LIMIT(NAME)) \
	ROW(granular_pages, name, NAME, "granularity-pages",                                    \
	    "bit 15 (G) 1 while any of bits 31:20 of the limit is 1", RIGHTS(NAME), LIMIT(NAME))

#define ROWS_DATA(name, NAME)                                                                    \
	ROW(accessed, name, NAME, "accessed", "an accessed type: bit 0 1", RIGHTS(NAME))         \
	ROW(readable, name, NAME, "readable", "bit 1 of the type 1 in a code segment",           \
	    RIGHTS(NAME))                                                                        \
	ROW(privileged, name, NAME, "dpl",                                                       \
	    "DPL no less than the selector's RPL, without \"unrestricted guest\"", RIGHTS(NAME), \
	    SELECTOR(NAME), VMCS_SECONDARY_CONTROLS)

static const struct entry_rule guest_segment_rules[] = { EVERY_REGISTER(ROWS_EVERY)
								 DATA_REGISTERS(ROWS_DATA) };

RULE_TABLE(guest_segment_rules, SECTION_GUEST_SEGMENTS, REFUSED_GUEST_STATE);
