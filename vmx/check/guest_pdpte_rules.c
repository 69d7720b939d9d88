/* SDM volume 3, "Checks on Guest Page-Directory-Pointer-Table Entries": those of the VMCS with EPT, those
 * that CR3 leads to without. */
#include "vmx/check/guest_words.h"

#define LOADING_PDPTES 2 /* the exit qualification */

#define PDPTE_PRESENT  BIT(0)
#define PDPTE_RESERVED (BITS(2, 1) | BITS(8, 5))

static bool pdpte_is_defined(const struct entry_check_input *in, const struct entry_rule_row *row)
{
	enum vmcs_field which = field_of(row);
	bool nested = secondary_on(in, SECONDARY_ENABLE_EPT);
	uint64_t entry =
		nested ? field(in, which) : in->memory.pdpte[(which - VMCS_GUEST_PDPTE0) / 2];

	if (!pae_guest(in) || (!nested && !in->memory.pdptes_known) || !(entry & PDPTE_PRESENT))
		return true;
	return !(entry & PDPTE_RESERVED) && within_physical_width(in, entry);
}

static void break_pdpte(struct entry_check_input *in, const struct entry_rule_row *row)
{
	uint64_t entry = in->spare_page | PDPTE_PRESENT | BIT(5);

	change_field(in, VMCS_PRIMARY_CONTROLS, PRIMARY_ACTIVATE_SECONDARY,
		     PRIMARY_ACTIVATE_SECONDARY);
	change_field(in, VMCS_SECONDARY_CONTROLS, SECONDARY_ENABLE_EPT, SECONDARY_ENABLE_EPT);
	set_field(in, field_of(row), entry);
}

#define ROW(number)                                                                              \
	{                                                                                        \
		.id = "pdpte" #number ".reserved",                                               \
		.want = "bits 2:1 and 8:5 0, and none at or above the physical-address "         \
			"width, in an entry that is present under PAE paging",                   \
		READS(VMCS_GUEST_PDPTE##number, VMCS_GUEST_CR0, VMCS_GUEST_CR4),                 \
		.kind = RULE_ASKS_OF_ROW, .holds_of = pdpte_is_defined, .break_of = break_pdpte, \
		IN_GUEST(PAE), .qualification = LOADING_PDPTES,                                  \
	}

static const struct entry_rule_row guest_pdpte_rules[] = { ROW(0), ROW(1), ROW(2), ROW(3) };

RULE_TABLE(guest_pdpte_rules, SECTION_GUEST_PDPTES, REFUSED_GUEST_STATE);
