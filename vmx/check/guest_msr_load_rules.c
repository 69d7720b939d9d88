/* SDM volume 3, "Loading MSRs": the entries of the VM-entry MSR-load area. The CPU stops at the first one
 * that it cannot load; its number, from 1, is the exit qualification. A recipe makes that the first. */
#include "vmx/check/guest_words.h"
#include "x86/msr.h"

#define X2APIC_MSRS     0x8 /* bits 31:8 of their indices */
#define MSR_SMM_MONITOR 0x9b

static void load_one(struct entry_check_input *in, uint32_t index, uint64_t value)
{
	set_field(in, VMCS_ENTRY_MSR_LOAD_COUNT, 1);
	set_field(in, VMCS_ENTRY_MSR_LOAD_ADDRESS, in->spare_page);
	in->memory.msr_load_count = 1;
	in->memory.msr_load[0] = (struct msr_area_entry) { .index = index, .value = value };
}

/* --- indices --------------------------------------------------------------------------------- */

static bool is_no_segment_base(const struct entry_check_input *in,
			       const struct msr_area_entry *entry)
{
	return entry->index != MSR_FS_BASE && entry->index != MSR_GS_BASE;
}

static void load_segment_base(struct entry_check_input *in)
{
	load_one(in, MSR_GS_BASE, 0);
}

static bool is_no_x2apic(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return entry->index >> 8 != X2APIC_MSRS;
}

static void load_x2apic(struct entry_check_input *in)
{
	load_one(in, MSR_X2APIC_TPR, 0);
}

static bool is_no_smm_msr(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return in->cpu.smm || entry->index != MSR_SMM_MONITOR;
}

static void load_smm_msr(struct entry_check_input *in)
{
	load_one(in, MSR_SMM_MONITOR, 0);
}

static bool is_defined(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return !entry->reserved;
}

static void load_with_reserved_bits(struct entry_check_input *in)
{
	load_one(in, MSR_SYSENTER_CS, 0);
	in->memory.msr_load[0].reserved = 1;
}

/* --- values that WRMSR would refuse ---------------------------------------------------------- */

static bool is_address(uint32_t index)
{
	switch (index) {
	case MSR_SYSENTER_ESP:
	case MSR_SYSENTER_EIP:
	case MSR_LSTAR:
	case MSR_CSTAR:
	case MSR_KERNEL_GS_BASE:
		return true;
	default:
		return false;
	}
}

static bool is_good_address(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return implies(is_address(entry->index), is_canonical_here(in, entry->value));
}

static void load_bad_address(struct entry_check_input *in)
{
	load_one(in, MSR_LSTAR, NOT_CANONICAL);
}

static bool is_good_pat(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return implies(entry->index == MSR_PAT, pat_is_valid(entry->value));
}

static void load_bad_pat(struct entry_check_input *in)
{
	load_one(in, MSR_PAT, (PAT_RESET & ~0xffull) | 2);
}

static bool is_good_efer(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	return implies(entry->index == MSR_EFER, !(entry->value & ~in->capability->efer_bits));
}

static void load_bad_efer(struct entry_check_input *in)
{
	load_one(in, MSR_EFER, field(in, VMCS_GUEST_EFER) | BIT(63));
}

/* The LME that the entry has established by then: from its field, or as the CPU's with the mode. */
static bool has_lme(const struct entry_check_input *in)
{
	return entry_on(in, ENTRY_LOAD_EFER) ? field(in, VMCS_GUEST_EFER) & EFER_LME
					     : ia32e_guest(in);
}

static bool keeps_lme(const struct entry_check_input *in, const struct msr_area_entry *entry)
{
	bool lme = entry->value & EFER_LME;

	return implies(entry->index == MSR_EFER && (guest_cr0(in) & CR0_PG), lme == has_lme(in));
}

static void load_other_lme(struct entry_check_input *in)
{
	load_one(in, MSR_EFER, has_lme(in) ? 0 : EFER_LME);
}

#define LOAD_ROW(what, wanted, check, recipe)                                         \
	{                                                                             \
		.id = "msr-load." what, .want = wanted,                               \
		READS(VMCS_ENTRY_MSR_LOAD_COUNT, VMCS_ENTRY_MSR_LOAD_ADDRESS),        \
		.kind = RULE_ASKS_OF_MSRS, .holds_of_msr = check, .break_by = recipe, \
		.qualification = 1,                                                   \
	}

static const struct entry_rule_row guest_msr_load_rules[] = {
	LOAD_ROW("segment-base", "neither IA32_FS_BASE nor IA32_GS_BASE in an entry",
		 is_no_segment_base, load_segment_base),
	LOAD_ROW("x2apic", "no MSR of the x2APIC in an entry", is_no_x2apic, load_x2apic),
	LOAD_ROW("smm", "no MSR in an entry that only SMM may write", is_no_smm_msr, load_smm_msr),
	LOAD_ROW("reserved", "bits 63:32 of every entry 0", is_defined, load_with_reserved_bits),
	LOAD_ROW("canonical", "a canonical address in every entry for an MSR that holds one",
		 is_good_address, load_bad_address),
	LOAD_ROW("pat", "a memory type in each byte of an entry for IA32_PAT", is_good_pat,
		 load_bad_pat),
	LOAD_ROW("efer", "reserved bits 0 in an entry for IA32_EFER", is_good_efer, load_bad_efer),
	LOAD_ROW("efer-lme", "LME in an entry for IA32_EFER as it is, while CR0.PG is 1", keeps_lme,
		 load_other_lme),
};

RULE_TABLE(guest_msr_load_rules, SECTION_LOADING_MSRS, REFUSED_MSR_LOADING);
