#include "vmx/check/rule_words.h"

#include "x86/msr.h"

static uint64_t must_be_one(const struct entry_check_input *in, enum vmx_control_word word)
{
	return vmx_control_must_be_one(in->capability, word);
}

bool reserved_zeroes_hold(const struct entry_check_input *in, enum vmx_control_word word)
{
	return !(field(in, vmx_control_field(word)) & ~in->may_be_one[word]);
}

bool reserved_ones_hold(const struct entry_check_input *in, enum vmx_control_word word)
{
	return !(must_be_one(in, word) & ~field(in, vmx_control_field(word)));
}

/* The bits that have a name. */
static uint64_t named(enum vmx_control_word word)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < vmx_control_row_count; i++)
		if (vmx_control_rows[i].word == word)
			bits |= vmx_control_rows[i].mask;
	return bits;
}

void break_reserved_zero(struct entry_check_input *in, enum vmx_control_word word)
{
	enum vmcs_field which = vmx_control_field(word);
	uint64_t width = BITS(vmcs_field_bits(which) - 1, 0);
	uint64_t allowed = in->may_be_one[word];
	uint64_t bit = lowest_not_in(allowed | named(word)) & width;

	set_field(in, which, field(in, which) | (bit ? bit : lowest_not_in(allowed) & width));
}

void break_reserved_one(struct entry_check_input *in, enum vmx_control_word word)
{
	enum vmcs_field which = vmx_control_field(word);
	uint64_t bits = must_be_one(in, word) & ~named(word);

	set_field(in, which, field(in, which) & ~(bits & -bits));
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
