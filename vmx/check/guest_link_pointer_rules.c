/* SDM volume 3, "Checks on Guest Non-Register State": the VMCS link pointer. All ones means that there
 * is none. */
#include "vmx/check/guest_words.h"
#include "x86/msr.h"
#include "x86/page_table.h"

/* The exit qualification of all of them. */
#define INVALID_LINK_POINTER 4

/* In the first word of a VMCS region. SDM volume 3, "Format of the VMCS Region". */
#define REGION_REVISION BITS(30, 0)
#define REGION_SHADOW   BIT(31)

static uint64_t link_pointer(const struct entry_check_input *in)
{
	return field(in, VMCS_LINK_POINTER);
}

static bool has_link(const struct entry_check_input *in)
{
	return link_pointer(in) != ~0ull;
}

static bool link_is_aligned(const struct entry_check_input *in)
{
	return implies(has_link(in), !(link_pointer(in) & (PAGE_SIZE - 1)));
}

/* Where IA32_VMX_BASIC says so, VMX reaches only the first four gigabytes. */
static bool link_is_narrow(const struct entry_check_input *in)
{
	bool narrow = in->capability->basic & VMX_BASIC_32BIT_ADDRESSES;

	return implies(has_link(in), within_physical_width(in, link_pointer(in)) &&
					     implies(narrow, !(link_pointer(in) >> 32)));
}

/* The pointer leads to a region, of which the first word is known. */
static bool link_is_seen(const struct entry_check_input *in)
{
	return has_link(in) && link_is_aligned(in) && link_is_narrow(in) && in->memory.link_known;
}

static bool link_has_the_revision(const struct entry_check_input *in)
{
	return implies(link_is_seen(in), field_get(in->memory.link_revision, REGION_REVISION) ==
						 vmx_revision(in->capability));
}

static bool link_shadows(const struct entry_check_input *in)
{
	bool shadow = in->memory.link_revision & REGION_SHADOW;

	return implies(link_is_seen(in), shadow == secondary_on(in, SECONDARY_VMCS_SHADOWING));
}

/* From SMM back to where an SMI came from: another VMCS must not be linked then, the executive one. */
static bool leaves_smm(const struct entry_check_input *in)
{
	return in->cpu.smm && !entry_on(in, ENTRY_ENTRY_TO_SMM);
}

static bool link_is_another(const struct entry_check_input *in)
{
	return implies(!leaves_smm(in), link_pointer(in) != in->cpu.vmcs_pointer);
}

static bool link_is_not_executive(const struct entry_check_input *in)
{
	return implies(leaves_smm(in), link_pointer(in) != field(in, VMCS_EXECUTIVE_VMCS_POINTER));
}

/* --- recipes --------------------------------------------------------------------------------- */

/* A shadow VMCS would have to be wanted. */
static void link_to(struct entry_check_input *in, uint64_t address, uint32_t revision)
{
	change_field(in, VMCS_SECONDARY_CONTROLS, SECONDARY_VMCS_SHADOWING, 0);
	set_field(in, VMCS_LINK_POINTER, address);
	in->memory.link_known = true;
	in->memory.link_revision = revision;
}

static void link_misaligned(struct entry_check_input *in)
{
	link_to(in, in->spare_page + 8, vmx_revision(in->capability));
}

static void link_too_wide(struct entry_check_input *in)
{
	link_to(in, in->spare_page | BIT(52), vmx_revision(in->capability));
}

static void link_wrong_revision(struct entry_check_input *in)
{
	link_to(in, in->spare_page, vmx_revision(in->capability) ^ 1);
}

static void link_wrong_kind(struct entry_check_input *in)
{
	link_to(in, in->spare_page, (uint32_t)(vmx_revision(in->capability) | REGION_SHADOW));
}

static void link_to_itself(struct entry_check_input *in)
{
	link_to(in, in->cpu.vmcs_pointer, vmx_revision(in->capability));
}

static void link_to_executive(struct entry_check_input *in)
{
	in->cpu.smm = true;
	link_to(in, in->spare_page, vmx_revision(in->capability));
	set_field(in, VMCS_EXECUTIVE_VMCS_POINTER, in->spare_page);
}

#define LINK_ROW(what, wanted, check, recipe)                                      \
	{                                                                          \
		.id = "link-pointer." what, .want = wanted,                        \
		READS(VMCS_LINK_POINTER, VMCS_SECONDARY_CONTROLS), .holds = check, \
		.break_by = recipe, .qualification = INVALID_LINK_POINTER,         \
	}

static const struct entry_rule_row guest_link_pointer_rules[] = {
	LINK_ROW("aligned", "all ones, or bits 11:0 0", link_is_aligned, link_misaligned),
	LINK_ROW("width", "all ones, or no bit at or above the physical-address width",
		 link_is_narrow, link_too_wide),
	LINK_ROW("revision", "the revision identifier of IA32_VMX_BASIC in the region's first word",
		 link_has_the_revision, link_wrong_revision),
	LINK_ROW("shadow", "bit 31 of the region's first word equal to \"VMCS shadowing\"",
		 link_shadows, link_wrong_kind),
	LINK_ROW("another", "not the address of this VMCS, but on the way out of SMM",
		 link_is_another, link_to_itself),
	LINK_ROW("executive", "not the executive-VMCS pointer on the way out of SMM",
		 link_is_not_executive, link_to_executive),
};

RULE_TABLE(guest_link_pointer_rules, SECTION_GUEST_NON_REGISTER, REFUSED_GUEST_STATE);
