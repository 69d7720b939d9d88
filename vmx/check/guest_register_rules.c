/* SDM volume 3, "Checks on Guest Control Registers, Debug Registers, and MSRs": the registers, and the
 * MSRs that every entry loads. Those that a control of their own loads are in guest_msr_rules.c. */
#include "vmx/check/guest_words.h"
#include "x86/msr.h"

/* --- CR0 ------------------------------------------------------------------------------------- */

static bool cr0_has_fixed_ones(const struct entry_check_input *in)
{
	return !(cr0_fixed_ones(in) & ~field(in, VMCS_GUEST_CR0));
}

static bool cr0_has_fixed_zeros(const struct entry_check_input *in)
{
	return !(field(in, VMCS_GUEST_CR0) & cr0_fixed_zeros(in));
}

static bool paging_is_protected(const struct entry_check_input *in)
{
	return implies(guest_cr0(in) & CR0_PG, guest_cr0(in) & CR0_PE);
}

static bool ia32e_has_paging(const struct entry_check_input *in)
{
	return guest_cr0(in) & CR0_PG;
}

/* --- CR4 ------------------------------------------------------------------------------------- */

static bool cet_is_write_protected(const struct entry_check_input *in)
{
	return implies(guest_cr4(in) & CR4_CET, guest_cr0(in) & CR0_WP);
}

static bool ia32e_has_pae(const struct entry_check_input *in)
{
	return guest_cr4(in) & CR4_PAE;
}

static bool pcids_are_ia32e(const struct entry_check_input *in)
{
	return implies(guest_cr4(in) & CR4_PCIDE, ia32e_guest(in));
}

static const struct entry_rule_row guest_register_rules[] = {
	{
		.id = "cr0.fixed-ones",
		.want = "every bit of IA32_VMX_CR0_FIXED0 1, but NW and CD, and with "
			"\"unrestricted guest\" PE and PG",
		READS(VMCS_GUEST_CR0, VMCS_SECONDARY_CONTROLS),
		.holds = cr0_has_fixed_ones,
		BREAKS(TURN_OFF(VMCS_GUEST_CR0, CR0_NE)),
	},
	{
		.id = "cr0.fixed-zeros",
		.want = "every bit 0 that is 0 in IA32_VMX_CR0_FIXED1, but NW and CD",
		READS(VMCS_GUEST_CR0),
		.holds = cr0_has_fixed_zeros,
		BREAKS(TURN_ON(VMCS_GUEST_CR0, BIT(32))),
	},
	{
		.id = "cr0.paging-protected",
		.want = "CR0.PE 1 while CR0.PG is 1",
		READS(VMCS_GUEST_CR0),
		.holds = paging_is_protected,
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       TURN_OFF(VMCS_GUEST_CR0, CR0_PE)),
	},
	{
		.id = "cr0.ia32e-paging",
		.want = "CR0.PG 1 while \"IA-32e mode guest\" is 1",
		READS(VMCS_GUEST_CR0, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, IA32E_MODE_GUEST),
		.holds = ia32e_has_paging,
		BREAKS(TURN_ON(VMCS_SECONDARY_CONTROLS, SECONDARY_UNRESTRICTED_GUEST),
		       TURN_OFF(VMCS_GUEST_CR0, CR0_PG)),
	},
	{
		.id = "cr4.fixed-ones",
		.want = "every bit of IA32_VMX_CR4_FIXED0 1",
		READS(VMCS_GUEST_CR4),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr4_has_fixed_ones,
		BREAKS(TURN_OFF(VMCS_GUEST_CR4, CR4_VMXE)),
	},
	{
		.id = "cr4.fixed-zeros",
		.want = "every bit 0 that is 0 in IA32_VMX_CR4_FIXED1",
		READS(VMCS_GUEST_CR4),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr4_has_fixed_zeros,
		BREAKS(TURN_ON(VMCS_GUEST_CR4, BIT(63))),
	},
	{
		.id = "cr4.cet-write-protect",
		.want = "CR0.WP 1 while CR4.CET is 1",
		READS(VMCS_GUEST_CR4, VMCS_GUEST_CR0),
		.holds = cet_is_write_protected,
		BREAKS(TURN_ON(VMCS_GUEST_CR4, CR4_CET), TURN_OFF(VMCS_GUEST_CR0, CR0_WP)),
	},
	{
		.id = "cr4.ia32e-pae",
		.want = "CR4.PAE 1 while \"IA-32e mode guest\" is 1",
		READS(VMCS_GUEST_CR4, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, IA32E_MODE_GUEST),
		.holds = ia32e_has_pae,
		BREAKS(TURN_OFF(VMCS_GUEST_CR4, CR4_PAE)),
	},
	{
		.id = "cr4.pcid-outside-ia32e",
		.want = "CR4.PCIDE 0 while \"IA-32e mode guest\" is 0",
		READS(VMCS_GUEST_CR4, VMCS_ENTRY_CONTROLS),
		.holds = pcids_are_ia32e,
		IN_GUEST(PAE),
		BREAKS(TURN_ON(VMCS_GUEST_CR4, CR4_PCIDE)),
	},
	{
		.id = "cr3.width",
		.want = "no bit at or above the physical-address width",
		READS(VMCS_GUEST_CR3),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr3_is_narrow,
		BREAKS(TURN_ON(VMCS_GUEST_CR3, BIT(52))),
	},
	{
		.id = "debugctl.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_DEBUGCTL, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_DEBUG_CONTROLS),
		ZEROES(~(uint64_t)DEBUGCTL_DEFINED),
	},
	{
		.id = "dr7.upper-half",
		.want = "bits 63:32 0",
		READS(VMCS_GUEST_DR7, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_DEBUG_CONTROLS),
		ZEROES(BITS(63, 32)),
	},
	{
		.id = "sysenter-esp.canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_SYSENTER_ESP),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "sysenter-eip.canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_SYSENTER_EIP),
		.kind = RULE_CANONICAL,
	},
};

RULE_TABLE(guest_register_rules, SECTION_GUEST_REGISTERS, REFUSED_GUEST_STATE);
