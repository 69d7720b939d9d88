/* SDM volume 3, "Checks on Guest Page-Directory-Pointer-Table Entries": those of the VMCS with EPT, those
 * that CR3 leads to without. */
#include "vmx/check/guest_words.h"

#define LOADING_PDPTES 2 /* the exit qualification */

#define PDPTE_PRESENT  BIT(0)
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

static const enum vmcs_field pdpte_fields[] = {
	VMCS_GUEST_PDPTE0,
	VMCS_GUEST_PDPTE1,
	VMCS_GUEST_PDPTE2,
	VMCS_GUEST_PDPTE3,
};

static bool pdpte_is_defined(const struct entry_check_input *in, unsigned number)
{
	bool nested = secondary_on(in, SECONDARY_ENABLE_EPT);
	uint64_t entry = nested ? field(in, pdpte_fields[number]) : in->memory.pdpte[number];

	if (!pae_guest(in) || (!nested && !in->memory.pdptes_known) || !(entry & PDPTE_PRESENT))
		return true;
	return !(entry & PDPTE_RESERVED) && within_physical_width(in, entry);
}

static void break_pdpte(struct entry_check_input *in, unsigned number)
{
	uint64_t entry = in->spare_page | PDPTE_PRESENT | BIT(5);

	guest_state_become(in, GUEST_STATE_PAE);
	change_field(in, VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_SECONDARY,
		     PRIMARY_ACTIVATE_SECONDARY);
	change_field(in, VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_EPT, SECONDARY_ENABLE_EPT);
	set_field(in, pdpte_fields[number], entry);
}

#define CHECK_ONE(number)                                                          \
	static bool pdpte##number##_is_defined(const struct entry_check_input *in) \
	{                                                                          \
		return pdpte_is_defined(in, number);                               \
	}                                                                          \
	static void break_pdpte##number(struct entry_check_input *in)              \
	{                                                                          \
		break_pdpte(in, number);                                           \
	}

CHECK_ONE(0)
CHECK_ONE(1)
CHECK_ONE(2)
CHECK_ONE(3)

#define ROW(number)                                                                        \
	{                                                                                  \
		.id = "guest.pdpte" #number ".reserved",                                   \
		.want = "bits 2:1 and 8:5 0, and none at or above the physical-address "   \
			"width, in an entry that is present under PAE paging",             \
		READS(VMCS_GUEST_PDPTE##number, VMCS_GUEST_CR0, VMCS_GUEST_CR4),           \
		.holds = pdpte##number##_is_defined, .break_further = break_pdpte##number, \
		.qualification = LOADING_PDPTES,                                           \
	}

static const struct entry_rule_row guest_pdpte_rules[] = { ROW(0), ROW(1), ROW(2), ROW(3) };

RULE_TABLE(guest_pdpte_rules, SECTION_GUEST_PDPTES, REFUSED_GUEST_STATE);
