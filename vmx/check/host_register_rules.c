/* SDM volume 3, "Checks on Host Control Registers, MSRs, and SSP". */
#include "vmx/check/rule_words.h"
#include "x86/control_registers.h"

#define SSP_LOW_BITS  BITS(1, 0)
#define PKRS_RESERVED BITS(63, 32)

/* --- control registers ----------------------------------------------------------------------- */

/* Never checked, since an exit does not change them. */
#define CR0_CACHE_BITS (CR0_NW | CR0_CD)

static bool cr0_has_ones(const struct entry_check_input *in)
{
	return !(in->capability->cr0_fixed0 & ~(field(in, VMCS_HOST_CR0) | CR0_CACHE_BITS));
}

static bool cr0_has_zeroes(const struct entry_check_input *in)
{
	return !(field(in, VMCS_HOST_CR0) & ~(in->capability->cr0_fixed1 | CR0_CACHE_BITS));
}

static void break_cr0_zero(struct entry_check_input *in)
{
	set_field(in, VMCS_HOST_CR0,
		  field(in, VMCS_HOST_CR0) |
			  lowest_not_in(in->capability->cr0_fixed1 | CR0_CACHE_BITS));
}

/* A bit that no CPU has, so that nothing else can mind it. */
static void break_cr4_zero(struct entry_check_input *in, const struct entry_rule_row *row)
{
	set_field(in, VMCS_HOST_CR4,
		  field(in, VMCS_HOST_CR4) |
			  lowest_not_in(in->capability->cr4_fixed1 | CR4_DEFINED));
}

static bool cet_is_write_protected(const struct entry_check_input *in)
{
	return implies(field(in, VMCS_HOST_CR4) & in->capability->cr4_fixed1 & CR4_CET,
		       field(in, VMCS_HOST_CR0) & CR0_WP);
}

/* --- MSRs ------------------------------------------------------------------------------------ */

static bool efer_bit_is_address_size(const struct entry_check_input *in, uint64_t bit)
{
	bool large = exit_on(in, EXIT_HOST_ADDRESS_SPACE_SIZE);

	return !!(field(in, VMCS_HOST_EFER) & bit) == large;
}

static bool lma_is_address_size(const struct entry_check_input *in)
{
	return efer_bit_is_address_size(in, EFER_LMA);
}

static bool lme_is_address_size(const struct entry_check_input *in)
{
	return efer_bit_is_address_size(in, EFER_LME);
}

static const struct entry_rule_row host_register_rules[] = {
	{
		.id = "cr0.fixed-ones",
		.want = "all bits of IA32_VMX_CR0_FIXED0 set",
		READS(VMCS_HOST_CR0),
		.holds = cr0_has_ones,
		BREAKS(TURN_OFF(VMCS_HOST_CR0, CR0_NE)),
	},
	{
		.id = "cr0.fixed-zeros",
		.want = "no bit that IA32_VMX_CR0_FIXED1 does not have",
		READS(VMCS_HOST_CR0),
		.holds = cr0_has_zeroes,
		.break_by = break_cr0_zero,
	},
	{
		.id = "cr4.fixed-ones",
		.want = "all bits of IA32_VMX_CR4_FIXED0 set",
		READS(VMCS_HOST_CR4),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr4_has_fixed_ones,
		BREAKS(TURN_OFF(VMCS_HOST_CR4, CR4_VMXE)),
	},
	{
		.id = "cr4.fixed-zeros",
		.want = "no bit that IA32_VMX_CR4_FIXED1 does not have",
		READS(VMCS_HOST_CR4),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr4_has_fixed_zeros,
		.break_of = break_cr4_zero,
	},
	{
		.id = "cr4.cet",
		.want = "CR0.WP 1 while CR4.CET is 1",
		READS(VMCS_HOST_CR4, VMCS_HOST_CR0),
		.holds = cet_is_write_protected,
		BREAKS(TURN_ON(VMCS_HOST_CR4, CR4_CET), TURN_OFF(VMCS_HOST_CR0, CR0_WP)),
	},
	{
		.id = "cr3.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_HOST_CR3),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = cr3_is_narrow,
		BREAKS(TURN_ON(VMCS_HOST_CR3, BEYOND_PHYSICAL)),
	},
	{
		.id = "sysenter-esp.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_SYSENTER_ESP),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "sysenter-eip.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_SYSENTER_EIP),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "perf-global-ctrl.reserved",
		.want = "only bits of counters that CPUID.0AH tells of",
		READS(VMCS_HOST_PERF_GLOBAL_CTRL),
		WHILE(EXIT, LOAD_PERF_GLOBAL_CTRL),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = perf_global_is_defined,
		BREAKS(WRITE(VMCS_HOST_PERF_GLOBAL_CTRL, BIT(63))),
	},
	{
		.id = "pat.types",
		.want = "0, 1, 4, 5, 6 or 7 in each byte",
		READS(VMCS_HOST_PAT),
		WHILE(EXIT, LOAD_PAT),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = pat_names_types,
		BREAKS(SET_BITS(VMCS_HOST_PAT, BITS(7, 0), 2)),
	},
	{
		.id = "efer.reserved",
		.want = "no bit that IA32_EFER does not have on this CPU",
		READS(VMCS_HOST_EFER),
		WHILE(EXIT, LOAD_EFER),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = efer_is_defined,
		BREAKS(TURN_ON(VMCS_HOST_EFER, BIT(1))),
	},
	{
		.id = "efer.lma",
		.want = "LMA (bit 10) as \"host address-space size\"",
		READS(VMCS_HOST_EFER, VMCS_EXIT_CONTROLS),
		WHILE(EXIT, LOAD_EFER),
		.holds = lma_is_address_size,
		BREAKS(TURN_OFF(VMCS_HOST_EFER, EFER_LMA)),
	},
	{
		.id = "efer.lme",
		.want = "LME (bit 8) as \"host address-space size\"",
		READS(VMCS_HOST_EFER, VMCS_EXIT_CONTROLS),
		WHILE(EXIT, LOAD_EFER),
		.holds = lme_is_address_size,
		BREAKS(TURN_OFF(VMCS_HOST_EFER, EFER_LME)),
	},
	{
		.id = "s-cet.reserved",
		.want = "bits 9:6 0",
		READS(VMCS_HOST_S_CET),
		WHILE(EXIT, LOAD_CET_STATE),
		ZEROES(S_CET_RESERVED),
	},
	{
		.id = "s-cet.tracker",
		.want = "not both bit 10 (SUPPRESS) and bit 11 (TRACKER)",
		READS(VMCS_HOST_S_CET),
		WHILE(EXIT, LOAD_CET_STATE),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = s_cet_does_one_thing,
		BREAKS(WRITE(VMCS_HOST_S_CET, S_CET_IN_PROGRESS)),
	},
	{
		.id = "ssp-table.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_INTERRUPT_SSP_TABLE),
		WHILE(EXIT, LOAD_CET_STATE),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "ssp.aligned",
		.want = "bits 1:0 0",
		READS(VMCS_HOST_SSP),
		WHILE(EXIT, LOAD_CET_STATE),
		ZEROES(SSP_LOW_BITS),
	},
	{
		.id = "pkrs.reserved",
		.want = "bits 63:32 0",
		READS(VMCS_HOST_PKRS),
		WHILE(EXIT, LOAD_PKRS),
		ZEROES(PKRS_RESERVED),
	},
};

RULE_TABLE(host_register_rules, SECTION_HOST_REGISTERS, REFUSED_HOST_STATE);
