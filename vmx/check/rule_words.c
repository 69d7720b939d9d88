#include "vmx/check/rule_words.h"

#include "x86/cpuid.h"
#include "x86/msr.h"

/* Is the word looked at at all? */
static bool is_active(const struct entry_check_input *in, enum vmx_control_word word)
{
	switch (word) {
	case CONTROL_SECONDARY:
		return primary_on(in, PRIMARY_ACTIVATE_SECONDARY);
	case CONTROL_TERTIARY:
		return primary_on(in, PRIMARY_ACTIVATE_TERTIARY);
	default:
		return true;
	}
}

bool control_on(const struct entry_check_input *in, enum vmx_control_word word, uint64_t controls)
{
	return is_active(in, word) &&
	       (field(in, vmx_control_field(word)) & in->may_be_one[word] & controls);
}

unsigned address_width(const struct entry_check_input *in)
{
	return in->capability->basic & VMX_BASIC_32BIT_ADDRESSES ? 32
								 : in->capability->physical_bits;
}

bool is_canonical(uint64_t address, unsigned width)
{
	uint64_t top = address >> (width - 1);

	return !top || top == ~0ull >> (width - 1);
}

void change_field(struct entry_check_input *in, unsigned which, uint64_t mask, uint64_t value)
{
	uint64_t others = field(in, (enum vmcs_field)which) & ~mask;

	set_field(in, (enum vmcs_field)which, others | (value & mask));
}

bool pat_is_valid(uint64_t pat)
{
	const unsigned known = 1u << MEMORY_TYPE_UC | 1u << MEMORY_TYPE_WC | 1u << MEMORY_TYPE_WT |
			       1u << MEMORY_TYPE_WP | 1u << MEMORY_TYPE_WB |
			       1u << MEMORY_TYPE_UC_MINUS;

	for (unsigned i = 0; i < 8; i++) {
		uint8_t type = (uint8_t)(pat >> (8 * i));

		if (type > MEMORY_TYPE_UC_MINUS || !(known & 1u << type))
			return false;
	}
	return true;
}

/* --- registers that guest and host have each a field of ------------------------------------- */

/* The bits by which CR3 turns linear-address masking on. */
#define CR3_LAM BITS(62, 61)

bool cr3_is_narrow(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	uint64_t masking = in->capability->leaf7_1_eax & CPUID_7_1_EAX_LAM ? CR3_LAM : 0;

	return within_physical_width(in, field(in, field_of(row)) & ~masking);
}

bool cr4_has_fixed_ones(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return !(in->capability->cr4_fixed0 & ~field(in, field_of(row)));
}

bool cr4_has_fixed_zeros(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return !(field(in, field_of(row)) & ~in->capability->cr4_fixed1);
}

bool s_cet_does_one_thing(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return (field(in, field_of(row)) & S_CET_IN_PROGRESS) != S_CET_IN_PROGRESS;
}

bool pat_names_types(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return pat_is_valid(field(in, field_of(row)));
}

bool efer_is_defined(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return !(field(in, field_of(row)) & ~in->capability->efer_bits);
}

bool perf_global_is_defined(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	return !(field(in, field_of(row)) & ~in->capability->perf_global_bits);
}
