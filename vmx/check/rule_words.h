/* The words in which rules are written: for the files vmx/check/..._rules.c, and for who lists their
 * tables. */
#ifndef VMX_CHECK_RULE_WORDS_H
#define VMX_CHECK_RULE_WORDS_H

#include "vmx/check/entry_check.h"
#include "x86/control_registers.h"

/* --- a row's parts --------------------------------------------------------------------------- */

#define READS(...) .reads = { __VA_ARGS__ }

#define BREAKS(...)                                                             \
	.changes = (const struct field_change[]) { __VA_ARGS__ },               \
	.change_count = sizeof((const struct field_change[]) { __VA_ARGS__ }) / \
			sizeof(struct field_change)

/* The rule counts while this control is on; and asks that of another one. */
#define WHILE(word, control) .while_on = PLACE_##word##_##control + 1
#define NEEDS(word, control) .kind = RULE_NEEDS, .needs = PLACE_##word##_##control

/* It asks that these bits of the first field be 0, or 1. */
#define ZEROES(mask) .kind = RULE_ZEROES, .bits = (mask)
#define ONES(mask)   .kind = RULE_ONES, .bits = (mask)

/* It is broken in a guest of another mode. */
#define IN_GUEST(state) .start = START_GUEST + GUEST_STATE_##state

#define CHANGE(which, how, what)                                \
	{                                                       \
		.field = (which), .kind = (how), .bits = (what) \
	}

#define WRITE(which, to)              CHANGE(which, CHANGE_WRITE, to)
#define TURN_ON(which, what)          CHANGE(which, CHANGE_TURN_ON, what)
#define TURN_OFF(which, what)         CHANGE(which, CHANGE_TURN_OFF, what)
#define SET_BITS(which, mask, within) TURN_OFF(which, mask), TURN_ON(which, within)

/* Without EPT, and without what needs it in the VMCS of a plain guest. */
#define WITHOUT_EPT \
	TURN_OFF(VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_EPT | SECONDARY_UNRESTRICTED_GUEST)

/* From a host and a guest of 64 bits to those of 32. */
#define HOST_OF_32_BITS                                                                            \
	TURN_OFF(VMCS_EXIT_CONTROLS, EXIT_HOST_ADDRESS_SPACE_SIZE),                                \
		TURN_OFF(VMCS_HOST_EFER, EFER_LME | EFER_LMA), TURN_OFF(VMCS_HOST_CR4, CR4_PCIDE), \
		WRITE(VMCS_HOST_SS_SELECTOR, 0x10), WRITE(VMCS_HOST_RIP, 0)
#define GUEST_OF_32_BITS                                        \
	TURN_OFF(VMCS_ENTRY_CONTROLS, ENTRY_IA32E_MODE_GUEST),  \
		TURN_OFF(VMCS_GUEST_EFER, EFER_LME | EFER_LMA), \
		TURN_OFF(VMCS_GUEST_CR4, CR4_PCIDE)

_Static_assert(VMX_CONTROLS <= UINT8_MAX, "a control's place is a byte");

#define RULE_TABLE(name, of_section, answered)         \
	const struct entry_rule_table name##_table = { \
		.rows = name,                          \
		.count = ARRAY_SIZE(name),             \
		.section = (of_section),               \
		.refusal = (answered),                 \
	};                                             \
	_Static_assert(ARRAY_SIZE(name) <= UINT8_MAX, "the rows can be counted")

/* All tables, in the order in which the CPU checks. */
#define ENTRY_RULE_TABLE_LIST(X)        \
	X(execution_control_rules)      \
	X(execution_apic_rules)         \
	X(execution_memory_rules)       \
	X(execution_address_rules)      \
	X(exit_control_rules)           \
	X(entry_control_rules)          \
	X(entry_event_rules)            \
	X(host_register_rules)          \
	X(host_segment_rules)           \
	X(host_address_space_rules)     \
	X(guest_register_rules)         \
	X(guest_msr_rules)              \
	X(guest_segment_rules)          \
	X(guest_code_stack_rules)       \
	X(guest_system_segment_rules)   \
	X(guest_table_rules)            \
	X(guest_rip_rules)              \
	X(guest_activity_rules)         \
	X(guest_interruptibility_rules) \
	X(guest_pending_debug_rules)    \
	X(guest_link_pointer_rules)     \
	X(guest_pdpte_rules)            \
	X(guest_msr_load_rules)

#define X(name) extern const struct entry_rule_table name##_table;
ENTRY_RULE_TABLE_LIST(X)
#undef X

/* --- questions ------------------------------------------------------------------------------- */

static inline bool implies(bool premise, bool conclusion)
{
	return !premise || conclusion;
}

/* Are any of these controls of a word on, as they are in force? Those that this CPU does not have are 0, as
 * another rule speaks for them, and so are those of words that nothing activates. */
bool control_on(const struct entry_check_input *in, enum vmx_control_word word, uint64_t controls);

static inline bool pin_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_PIN, controls);
}

static inline bool primary_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_PRIMARY, controls);
}

static inline bool secondary_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_SECONDARY, controls);
}

static inline bool tertiary_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_TERTIARY, controls);
}

static inline bool exit_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_EXIT, controls);
}

static inline bool entry_on(const struct entry_check_input *in, uint64_t controls)
{
	return control_on(in, CONTROL_ENTRY, controls);
}

/* The first field that a row reads: what it is about. */
static inline enum vmcs_field field_of(const struct entry_rule_row *row)
{
	return (enum vmcs_field)row->reads[0];
}

/* Is the CPU in IA-32e mode as it enters? */
static inline bool in_ia32e_mode(const struct entry_check_input *in)
{
	return in->cpu.efer & EFER_LMA;
}

/* The lowest bit that `allowed` does not have; 0 when it has all 64. */
static inline uint64_t lowest_not_in(uint64_t allowed)
{
	return ~allowed & (allowed + 1);
}

/* The bits that the address of something a VMCS points at may have: MAXPHYADDR, or 32 where
 * IA32_VMX_BASIC[48] says so. */
unsigned address_width(const struct entry_check_input *in);

static inline bool is_narrow(const struct entry_check_input *in, uint64_t address)
{
	return !(address >> address_width(in));
}

/* Is no bit at or above MAXPHYADDR set? For what IA32_VMX_BASIC[48] does not concern. */
static inline bool within_physical_width(const struct entry_check_input *in, uint64_t address)
{
	return !(address >> in->capability->physical_bits);
}

/* Above every CPU's physical-address width, and no bit that CR3 has a use for. */
#define BEYOND_PHYSICAL BIT(60)

/* Are all bits from width - 1 upwards equal? `width` is 48 or 57. */
bool is_canonical(uint64_t address, unsigned width);

/* The widest linear addresses that this CPU has, whether it uses them now or not. */
static inline unsigned linear_width(const struct entry_check_input *in)
{
	return in->capability->linear_bits;
}

static inline bool is_canonical_here(const struct entry_check_input *in, uint64_t address)
{
	return is_canonical(address, linear_width(in));
}

/* Not canonical on any CPU. */
#define NOT_CANONICAL BIT(62)

/* For recipes: changes only the bits in `mask`. */
void change_field(struct entry_check_input *in, unsigned which, uint64_t mask, uint64_t value);

/* Could WRMSR load IA32_PAT with this? */
bool pat_is_valid(uint64_t pat);

/* --- registers that guest and host have each a field of: what rows on either ask -------------- */

#define S_CET_RESERVED    BITS(9, 6)
#define S_CET_IN_PROGRESS BITS(11, 10) /* SUPPRESS and TRACKER, which exclude each other */

bool cr3_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row);
bool cr4_has_fixed_ones(const struct entry_check_input *in, const struct entry_rule_row *row);
bool cr4_has_fixed_zeros(const struct entry_check_input *in, const struct entry_rule_row *row);
bool s_cet_does_one_thing(const struct entry_check_input *in, const struct entry_rule_row *row);
bool pat_names_types(const struct entry_check_input *in, const struct entry_rule_row *row);
bool efer_is_defined(const struct entry_check_input *in, const struct entry_rule_row *row);
bool perf_global_is_defined(const struct entry_check_input *in, const struct entry_rule_row *row);

#endif
