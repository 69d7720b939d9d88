#include "vmx/check/rule_words.h"

#include "x86/msr.h"

/* The word as the VMCS has it, cut to what this CPU allows. */
static uint64_t allowed(const struct entry_check_input *in, enum vmx_control_word word)
{
	return field(in, vmx_control_field(word)) & vmx_control_may_be_one(in->capability, word);
}

uint64_t controls_in_force(const struct entry_check_input *in, enum vmx_control_word word)
{
	uint64_t activator = 0;

	if (word == CONTROL_SECONDARY)
		activator = PRIMARY_ACTIVATE_SECONDARY;
	if (word == CONTROL_TERTIARY)
		activator = PRIMARY_ACTIVATE_TERTIARY;
	if (activator && !(allowed(in, CONTROL_PRIMARY) & activator))
		return 0;
	return allowed(in, word);
}

bool within_physical_width(const struct entry_check_input *in, uint64_t address)
{
	return !(address >> in->capability->physical_bits);
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
