/* SDM volume 3, "Checks on Host Control Registers, MSRs, and SSP". */
#include "vmx/check/rule_words.h"
#include "x86/control_registers.h"
#include "x86/cpuid.h"

/* With linear-address masking these two bits of CR3 are its switches. */
#define CR3_LAM        BITS(62, 61)
#define S_CET_RESERVED BITS(9, 6)
#define S_CET_SUPPRESS BIT(10)
#define S_CET_TRACKER  BIT(11)
#define SSP_LOW_BITS   BITS(1, 0)
#define PKRS_RESERVED  BITS(63, 32)

#define CET_ON TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_CET_STATE)

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

static bool cr4_has_ones(const struct entry_check_input *in)
{
	return !(in->capability->cr4_fixed0 & ~field(in, VMCS_HOST_CR4));
}

static bool cr4_has_zeroes(const struct entry_check_input *in)
{
	return !(field(in, VMCS_HOST_CR4) & ~in->capability->cr4_fixed1);
}

/* A bit that no CPU has, so that nothing else can mind it. */
static void break_cr4_zero(struct entry_check_input *in)
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

static bool cr3_is_narrow(const struct entry_check_input *in)
{
	uint64_t lam = in->capability->leaf7_1_eax & CPUID_7_1_EAX_LAM ? CR3_LAM : 0;

	return within_physical_width(in, field(in, VMCS_HOST_CR3) & ~lam);
}

/* --- MSRs ------------------------------------------------------------------------------------ */

static bool sysenter_esp_is_canonical(const struct entry_check_input *in)
{
	return is_canonical_here(in, field(in, VMCS_HOST_SYSENTER_ESP));
}

static bool sysenter_eip_is_canonical(const struct entry_check_input *in)
{
	return is_canonical_here(in, field(in, VMCS_HOST_SYSENTER_EIP));
}

static bool perf_global_reserved_is_zero(const struct entry_check_input *in)
{
	return implies(
		exit_on(in, EXIT_LOAD_PERF_GLOBAL_CTRL),
		!(field(in, VMCS_HOST_PERF_GLOBAL_CTRL) & ~in->capability->perf_global_bits));
}

static bool pat_has_types(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_PAT), pat_is_valid(field(in, VMCS_HOST_PAT)));
}

static bool efer_reserved_is_zero(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_EFER),
		       !(field(in, VMCS_HOST_EFER) & ~in->capability->efer_bits));
}

static bool efer_bit_is_address_size(const struct entry_check_input *in, uint64_t bit)
{
	bool large = exit_on(in, EXIT_HOST_ADDRESS_SPACE_SIZE);

	return implies(exit_on(in, EXIT_LOAD_EFER), !!(field(in, VMCS_HOST_EFER) & bit) == large);
}

static bool lma_is_address_size(const struct entry_check_input *in)
{
	return efer_bit_is_address_size(in, EFER_LMA);
}

static bool lme_is_address_size(const struct entry_check_input *in)
{
	return efer_bit_is_address_size(in, EFER_LME);
}

/* --- CET and protection keys ----------------------------------------------------------------- */

static bool s_cet_reserved_is_zero(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_CET_STATE),
		       !(field(in, VMCS_HOST_S_CET) & S_CET_RESERVED));
}

static bool s_cet_tracker_is_active(const struct entry_check_input *in)
{
	const uint64_t both = S_CET_SUPPRESS | S_CET_TRACKER;

	return implies(exit_on(in, EXIT_LOAD_CET_STATE),
		       (field(in, VMCS_HOST_S_CET) & both) != both);
}

static bool ssp_table_is_canonical(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_CET_STATE),
		       is_canonical_here(in, field(in, VMCS_HOST_INTERRUPT_SSP_TABLE)));
}

static bool ssp_is_aligned(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_CET_STATE),
		       !(field(in, VMCS_HOST_SSP) & SSP_LOW_BITS));
}

static bool pkrs_is_short(const struct entry_check_input *in)
{
	return implies(exit_on(in, EXIT_LOAD_PKRS), !(field(in, VMCS_HOST_PKRS) & PKRS_RESERVED));
}

static const struct entry_rule_row host_register_rules[] = {
	{
		.id = "host.cr0.fixed-ones",
		.want = "all bits of IA32_VMX_CR0_FIXED0 set",
		READS(VMCS_HOST_CR0),
		.holds = cr0_has_ones,
		BREAKS(TURN_OFF(VMCS_HOST_CR0, CR0_NE)),
	},
	{
		.id = "host.cr0.fixed-zeros",
		.want = "no bit that IA32_VMX_CR0_FIXED1 does not have",
		READS(VMCS_HOST_CR0),
		.holds = cr0_has_zeroes,
		.break_further = break_cr0_zero,
	},
	{
		.id = "host.cr4.fixed-ones",
		.want = "all bits of IA32_VMX_CR4_FIXED0 set",
		READS(VMCS_HOST_CR4),
		.holds = cr4_has_ones,
		BREAKS(TURN_OFF(VMCS_HOST_CR4, CR4_VMXE)),
	},
	{
		.id = "host.cr4.fixed-zeros",
		.want = "no bit that IA32_VMX_CR4_FIXED1 does not have",
		READS(VMCS_HOST_CR4),
		.holds = cr4_has_zeroes,
		.break_further = break_cr4_zero,
	},
	{
		.id = "host.cr4.cet",
		.want = "CR0.WP 1 while CR4.CET is 1",
		READS(VMCS_HOST_CR4, VMCS_HOST_CR0),
		.holds = cet_is_write_protected,
		BREAKS(TURN_ON(VMCS_HOST_CR4, CR4_CET), TURN_OFF(VMCS_HOST_CR0, CR0_WP)),
	},
	{
		.id = "host.cr3.width",
		.want = "no bit beyond the physical-address width",
		READS(VMCS_HOST_CR3),
		.holds = cr3_is_narrow,
		BREAKS(TURN_ON(VMCS_HOST_CR3, BEYOND_PHYSICAL)),
	},
	{
		.id = "host.sysenter-esp.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_SYSENTER_ESP),
		.holds = sysenter_esp_is_canonical,
		BREAKS(WRITE(VMCS_HOST_SYSENTER_ESP, NOT_CANONICAL)),
	},
	{
		.id = "host.sysenter-eip.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_SYSENTER_EIP),
		.holds = sysenter_eip_is_canonical,
		BREAKS(WRITE(VMCS_HOST_SYSENTER_EIP, NOT_CANONICAL)),
	},
	{
		.id = "host.perf-global-ctrl.reserved",
		.want = "only bits of counters that CPUID.0AH tells of",
		READS(VMCS_HOST_PERF_GLOBAL_CTRL),
		.holds = perf_global_reserved_is_zero,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_PERF_GLOBAL_CTRL),
		       WRITE(VMCS_HOST_PERF_GLOBAL_CTRL, BIT(63))),
	},
	{
		.id = "host.pat.types",
		.want = "0, 1, 4, 5, 6 or 7 in each byte",
		READS(VMCS_HOST_PAT),
		.holds = pat_has_types,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_PAT),
		       SET_BITS(VMCS_HOST_PAT, BITS(7, 0), 2)),
	},
	{
		.id = "host.efer.reserved",
		.want = "no bit that IA32_EFER does not have on this CPU",
		READS(VMCS_HOST_EFER),
		.holds = efer_reserved_is_zero,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_EFER),
		       TURN_ON(VMCS_HOST_EFER, BIT(1))),
	},
	{
		.id = "host.efer.lma",
		.want = "LMA (bit 10) as \"host address-space size\"",
		READS(VMCS_HOST_EFER, VMCS_EXIT_CONTROLS),
		.holds = lma_is_address_size,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_EFER),
		       TURN_OFF(VMCS_HOST_EFER, EFER_LMA)),
	},
	{
		.id = "host.efer.lme",
		.want = "LME (bit 8) as \"host address-space size\"",
		READS(VMCS_HOST_EFER, VMCS_EXIT_CONTROLS),
		.holds = lme_is_address_size,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_EFER),
		       TURN_OFF(VMCS_HOST_EFER, EFER_LME)),
	},
	{
		.id = "host.s-cet.reserved",
		.want = "bits 9:6 0",
		READS(VMCS_HOST_S_CET),
		.holds = s_cet_reserved_is_zero,
		BREAKS(CET_ON, WRITE(VMCS_HOST_S_CET, BIT(6))),
	},
	{
		.id = "host.s-cet.tracker",
		.want = "not both bit 10 (SUPPRESS) and bit 11 (TRACKER)",
		READS(VMCS_HOST_S_CET),
		.holds = s_cet_tracker_is_active,
		BREAKS(CET_ON, WRITE(VMCS_HOST_S_CET, S_CET_SUPPRESS | S_CET_TRACKER)),
	},
	{
		.id = "host.ssp-table.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_INTERRUPT_SSP_TABLE),
		.holds = ssp_table_is_canonical,
		BREAKS(CET_ON, WRITE(VMCS_HOST_INTERRUPT_SSP_TABLE, NOT_CANONICAL)),
	},
	{
		.id = "host.ssp.aligned",
		.want = "bits 1:0 0",
		READS(VMCS_HOST_SSP),
		.holds = ssp_is_aligned,
		BREAKS(CET_ON, WRITE(VMCS_HOST_SSP, 1)),
	},
	{
		.id = "host.pkrs.reserved",
		.want = "bits 63:32 0",
		READS(VMCS_HOST_PKRS),
		.holds = pkrs_is_short,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_LOAD_PKRS), WRITE(VMCS_HOST_PKRS, BIT(32))),
	},
};

RULE_TABLE(host_register_rules, SECTION_HOST_REGISTERS, REFUSED_HOST_STATE);
