/* SDM volume 3, "Checks on Guest Control Registers, Debug Registers, and MSRs": the MSRs that a control
 * has the entry load. */
#include "vmx/check/guest_words.h"
#include "x86/msr.h"

/* A bit that no CPU has in these MSRs. */
#define NEVER_DEFINED BIT(63)

/* --- IA32_EFER ------------------------------------------------------------------------------- */

static bool lma_is_ia32e(const struct entry_check_input *in)
{
	bool lma = field(in, VMCS_GUEST_EFER) & EFER_LMA;

	return lma == ia32e_guest(in);
}

static bool lma_is_lme(const struct entry_check_input *in)
{
	bool lma = field(in, VMCS_GUEST_EFER) & EFER_LMA;
	bool lme = field(in, VMCS_GUEST_EFER) & EFER_LME;

	return implies(guest_cr0(in) & CR0_PG, lma == lme);
}

/* --- reserved bits --------------------------------------------------------------------------- */

#define BNDCFGS_RESERVED BITS(11, 2)

/* Reserved in IA32_RTIT_CTL on every CPU. SDM volume 3, "IA32_RTIT_CTL MSR". */
#define RTIT_CTL_RESERVED (BIT(18) | BIT(23) | BITS(30, 28) | BITS(54, 48) | BITS(63, 57))

/* LBREn, OS, USR, CALL_STACK and the kinds of branches. SDM volume 3, "IA32_LBR_CTL". */
#define LBR_CTL_DEFINED (BITS(3, 0) | BITS(22, 16))

static const struct entry_rule_row guest_msr_rules[] = {
	{
		.id = "s-cet.canonical",
		.want = "a canonical address in bits 63:12",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "s-cet.reserved",
		.want = "bits 9:6 0",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		ZEROES(S_CET_RESERVED),
	},
	{
		.id = "s-cet.suppress-and-tracker",
		.want = "not both of bits 10 (SUPPRESS) and 11 (TRACKER)",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = s_cet_does_one_thing,
		BREAKS(WRITE(VMCS_GUEST_S_CET, S_CET_IN_PROGRESS)),
	},
	{
		.id = "interrupt-ssp-table.canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_INTERRUPT_SSP_TABLE, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "perf-global-ctrl.reserved",
		.want = "no bit without a counter of this CPU",
		READS(VMCS_GUEST_PERF_GLOBAL_CTRL, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_PERF_GLOBAL_CTRL),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = perf_global_is_defined,
		BREAKS(WRITE(VMCS_GUEST_PERF_GLOBAL_CTRL, NEVER_DEFINED)),
	},
	{
		.id = "pat.types",
		.want = "each byte one of 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB), 7 (UC-)",
		READS(VMCS_GUEST_PAT, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_PAT),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = pat_names_types,
		BREAKS(WRITE(VMCS_GUEST_PAT, (PAT_RESET & ~0xffull) | 2)),
	},
	{
		.id = "efer.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_EFER, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_EFER),
		.kind = RULE_ASKS_OF_ROW,
		.holds_of = efer_is_defined,
		BREAKS(TURN_ON(VMCS_GUEST_EFER, NEVER_DEFINED)),
	},
	{
		.id = "efer.lma",
		.want = "bit 10 (LMA) equal to \"IA-32e mode guest\"",
		READS(VMCS_GUEST_EFER, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_EFER),
		.holds = lma_is_ia32e,
		BREAKS(TURN_OFF(VMCS_GUEST_EFER, EFER_LMA | EFER_LME)),
	},
	{
		.id = "efer.lme",
		.want = "bits 10 (LMA) and 8 (LME) equal while CR0.PG is 1",
		READS(VMCS_GUEST_EFER, VMCS_GUEST_CR0, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_EFER),
		.holds = lma_is_lme,
		BREAKS(TURN_OFF(VMCS_GUEST_EFER, EFER_LME)),
	},
	{
		.id = "bndcfgs.reserved",
		.want = "bits 11:2 0",
		READS(VMCS_GUEST_BNDCFGS, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_BNDCFGS),
		ZEROES(BNDCFGS_RESERVED),
	},
	{
		.id = "bndcfgs.canonical",
		.want = "a canonical address in bits 63:12",
		READS(VMCS_GUEST_BNDCFGS, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_BNDCFGS),
		.kind = RULE_CANONICAL,
	},
	{
		.id = "rtit-ctl.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_RTIT_CTL, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_RTIT_CTL),
		ZEROES(RTIT_CTL_RESERVED),
	},
	{
		.id = "lbr-ctl.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_LBR_CTL, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_LBR_CTL),
		ZEROES(~LBR_CTL_DEFINED),
	},
	{
		.id = "pkrs.upper-half",
		.want = "bits 63:32 0",
		READS(VMCS_GUEST_PKRS, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_PKRS),
		ZEROES(BITS(63, 32)),
	},
	{
		.id = "uinv.upper-half",
		.want = "bits 15:8 0",
		READS(VMCS_GUEST_UINV, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_UINV),
		ZEROES(BITS(15, 8)),
	},
};

RULE_TABLE(guest_msr_rules, SECTION_GUEST_REGISTERS, REFUSED_GUEST_STATE);
