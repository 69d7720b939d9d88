/* The words in which rules are written: for the files vmx/check/..._rules.c, and for who lists their
 * tables. */
#ifndef VMX_CHECK_RULE_WORDS_H
#define VMX_CHECK_RULE_WORDS_H

#include "vmx/check/entry_check.h"

/* --- a row's parts --------------------------------------------------------------------------- */

#define READS(...)                                   \
	.reads = (const uint16_t[]) { __VA_ARGS__ }, \
	.read_count = sizeof((const uint16_t[]) { __VA_ARGS__ }) / sizeof(uint16_t)

#define BREAKS(...)                                                             \
	.changes = (const struct field_change[]) { __VA_ARGS__ },               \
	.change_count = sizeof((const struct field_change[]) { __VA_ARGS__ }) / \
			sizeof(struct field_change)

#define WRITE(which, to)                                       \
	{                                                      \
		.field = (which), .mask = ~0ull, .value = (to) \
	}
#define TURN_ON(which, bits)                                     \
	{                                                        \
		.field = (which), .mask = (bits), .value = ~0ull \
	}
#define TURN_OFF(which, bits)                                \
	{                                                    \
		.field = (which), .mask = (bits), .value = 0 \
	}

#define RULE_TABLE(name, of_section, answered)         \
	const struct entry_rule_table name##_table = { \
		.section = (of_section),               \
		.refusal = (answered),                 \
		.rules = name,                         \
		.count = ARRAY_SIZE(name),             \
	}

/* All tables, in the order in which the CPU checks. */
#define ENTRY_RULE_TABLE_LIST(X)        \
	X(execution_control_rules)      \
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

/* The controls of a word as they are in force: those that this CPU does not have are 0, as another
 * rule speaks for them, and so are words that nothing activates. */
uint64_t controls_in_force(const struct entry_check_input *in, enum vmx_control_word word);

static inline bool pin_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_PIN) & control;
}

static inline bool primary_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_PRIMARY) & control;
}

static inline bool secondary_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_SECONDARY) & control;
}

static inline bool tertiary_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_TERTIARY) & control;
}

static inline bool exit_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_EXIT) & control;
}

static inline bool entry_on(const struct entry_check_input *in, uint64_t control)
{
	return controls_in_force(in, CONTROL_ENTRY) & control;
}

/* Is no bit at or above MAXPHYADDR set? */
bool within_physical_width(const struct entry_check_input *in, uint64_t address);

/* Are all bits above bit 47 (or 56, where `width` is 57) equal? */
bool is_canonical(uint64_t address, unsigned width);

/* The width that this CPU has at most: 57 with 5-level paging. */
static inline unsigned linear_width(const struct entry_check_input *in)
{
	return in->capability->linear_bits;
}

/* The same for an address that recipes use: not canonical on any CPU. */
#define NOT_CANONICAL BIT(62)

/* Does every byte of IA32_PAT name a memory type? */
bool pat_is_valid(uint64_t pat);

/* A bit at which a physical address is too wide for any CPU. */
#define BEYOND_PHYSICAL BIT(62)

#endif
