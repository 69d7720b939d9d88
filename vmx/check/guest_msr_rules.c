/* SDM volume 3, "Checks on Guest Control Registers, Debug Registers, and MSRs": the MSRs that a control
 * has the entry load. */
#include "vmx/check/guest_words.h"
#include "x86/msr.h"

/* A bit that no CPU has in these MSRs. */
#define NEVER_DEFINED BIT(63)

static bool holds_if_loaded(const struct entry_check_input *in, uint64_t control, bool holds)
{
	return implies(entry_on(in, control), holds);
}

/* --- IA32_PERF_GLOBAL_CTRL, IA32_PAT, IA32_EFER ---------------------------------------------- */

static bool perf_global_is_defined(const struct entry_check_input *in)
{
	uint64_t reserved = ~in->capability->perf_global_bits;

	return holds_if_loaded(in, ENTRY_LOAD_PERF_GLOBAL_CTRL,
			       !(field(in, VMCS_GUEST_PERF_GLOBAL_CTRL) & reserved));
}

static bool pat_names_types(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_PAT, pat_is_valid(field(in, VMCS_GUEST_PAT)));
}

static bool efer_is_defined(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_EFER,
			       !(field(in, VMCS_GUEST_EFER) & ~in->capability->efer_bits));
}

static bool lma_is_ia32e(const struct entry_check_input *in)
{
	bool lma = field(in, VMCS_GUEST_EFER) & EFER_LMA;

	return holds_if_loaded(in, ENTRY_LOAD_EFER, lma == ia32e_guest(in));
}

static bool lma_is_lme(const struct entry_check_input *in)
{
	bool lma = field(in, VMCS_GUEST_EFER) & EFER_LMA;
	bool lme = field(in, VMCS_GUEST_EFER) & EFER_LME;

	return holds_if_loaded(in, ENTRY_LOAD_EFER, implies(guest_cr0(in) & CR0_PG, lma == lme));
}

/* --- control-flow enforcement ---------------------------------------------------------------- */

#define S_CET_RESERVED    BITS(9, 6)
#define S_CET_SUPPRESS    BIT(10)
#define S_CET_TRACKER     BIT(11)
#define S_CET_ADDRESS     BITS(63, 12)
#define S_CET_IN_PROGRESS (S_CET_SUPPRESS | S_CET_TRACKER)

static bool s_cet_is_defined(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_CET_STATE,
			       !(field(in, VMCS_GUEST_S_CET) & S_CET_RESERVED));
}

static bool s_cet_does_one_thing(const struct entry_check_input *in)
{
	uint64_t both = field(in, VMCS_GUEST_S_CET) & S_CET_IN_PROGRESS;

	return holds_if_loaded(in, ENTRY_LOAD_CET_STATE, both != S_CET_IN_PROGRESS);
}

static bool s_cet_is_canonical(const struct entry_check_input *in)
{
	uint64_t address = field(in, VMCS_GUEST_S_CET) & S_CET_ADDRESS;

	return holds_if_loaded(in, ENTRY_LOAD_CET_STATE, is_canonical_here(in, address));
}

static bool ssp_table_is_canonical(const struct entry_check_input *in)
{
	uint64_t address = field(in, VMCS_GUEST_INTERRUPT_SSP_TABLE);

	return holds_if_loaded(in, ENTRY_LOAD_CET_STATE, is_canonical_here(in, address));
}

/* --- the rest -------------------------------------------------------------------------------- */

#define BNDCFGS_RESERVED BITS(11, 2)
#define BNDCFGS_ADDRESS  BITS(63, 12)

static bool bndcfgs_is_defined(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_BNDCFGS,
			       !(field(in, VMCS_GUEST_BNDCFGS) & BNDCFGS_RESERVED));
}

static bool bndcfgs_is_canonical(const struct entry_check_input *in)
{
	uint64_t address = field(in, VMCS_GUEST_BNDCFGS) & BNDCFGS_ADDRESS;

	return holds_if_loaded(in, ENTRY_LOAD_BNDCFGS, is_canonical_here(in, address));
}

/* Reserved in IA32_RTIT_CTL on every CPU. SDM volume 3, "IA32_RTIT_CTL MSR". */
#define RTIT_CTL_RESERVED (BIT(18) | BIT(23) | BITS(30, 28) | BITS(54, 48) | BITS(63, 57))

static bool rtit_ctl_is_defined(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_RTIT_CTL,
			       !(field(in, VMCS_GUEST_RTIT_CTL) & RTIT_CTL_RESERVED));
}

/* LBREn, OS, USR, CALL_STACK and the kinds of branches. SDM volume 3, "IA32_LBR_CTL". */
#define LBR_CTL_DEFINED (BITS(3, 0) | BITS(22, 16))

static bool lbr_ctl_is_defined(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_LBR_CTL,
			       !(field(in, VMCS_GUEST_LBR_CTL) & ~LBR_CTL_DEFINED));
}

static bool pkrs_is_narrow(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_PKRS, !(field(in, VMCS_GUEST_PKRS) >> 32));
}

static bool uinv_is_a_vector(const struct entry_check_input *in)
{
	return holds_if_loaded(in, ENTRY_LOAD_UINV, !(field(in, VMCS_GUEST_UINV) >> 8));
}

static const struct entry_rule_row guest_msr_rules[] = {
	{
		.id = "guest.s-cet.canonical",
		.want = "a canonical address in bits 63:12",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		.holds = s_cet_is_canonical,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_CET_STATE),
		       WRITE(VMCS_GUEST_S_CET, NOT_CANONICAL)),
	},
	{
		.id = "guest.s-cet.reserved",
		.want = "bits 9:6 0",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		.holds = s_cet_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_CET_STATE),
		       WRITE(VMCS_GUEST_S_CET, BIT(6))),
	},
	{
		.id = "guest.s-cet.suppress-and-tracker",
		.want = "not both of bits 10 (SUPPRESS) and 11 (TRACKER)",
		READS(VMCS_GUEST_S_CET, VMCS_ENTRY_CONTROLS),
		.holds = s_cet_does_one_thing,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_CET_STATE),
		       WRITE(VMCS_GUEST_S_CET, S_CET_IN_PROGRESS)),
	},
	{
		.id = "guest.interrupt-ssp-table.canonical",
		.want = "a canonical address",
		READS(VMCS_GUEST_INTERRUPT_SSP_TABLE, VMCS_ENTRY_CONTROLS),
		.holds = ssp_table_is_canonical,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_CET_STATE),
		       WRITE(VMCS_GUEST_INTERRUPT_SSP_TABLE, NOT_CANONICAL)),
	},
	{
		.id = "guest.perf-global-ctrl.reserved",
		.want = "no bit without a counter of this CPU",
		READS(VMCS_GUEST_PERF_GLOBAL_CTRL, VMCS_ENTRY_CONTROLS),
		.holds = perf_global_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_PERF_GLOBAL_CTRL),
		       WRITE(VMCS_GUEST_PERF_GLOBAL_CTRL, NEVER_DEFINED)),
	},
	{
		.id = "guest.pat.types",
		.want = "each byte one of 0 (UC), 1 (WC), 4 (WT), 5 (WP), 6 (WB), 7 (UC-)",
		READS(VMCS_GUEST_PAT, VMCS_ENTRY_CONTROLS),
		.holds = pat_names_types,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_PAT),
		       WRITE(VMCS_GUEST_PAT, (PAT_RESET & ~0xffull) | 2)),
	},
	{
		.id = "guest.efer.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_EFER, VMCS_ENTRY_CONTROLS),
		.holds = efer_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_EFER),
		       TURN_ON(VMCS_GUEST_EFER, NEVER_DEFINED)),
	},
	{
		.id = "guest.efer.lma",
		.want = "bit 10 (LMA) equal to \"IA-32e mode guest\"",
		READS(VMCS_GUEST_EFER, VMCS_ENTRY_CONTROLS),
		.holds = lma_is_ia32e,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_EFER),
		       TURN_OFF(VMCS_GUEST_EFER, EFER_LMA | EFER_LME)),
	},
	{
		.id = "guest.efer.lme",
		.want = "bits 10 (LMA) and 8 (LME) equal while CR0.PG is 1",
		READS(VMCS_GUEST_EFER, VMCS_GUEST_CR0, VMCS_ENTRY_CONTROLS),
		.holds = lma_is_lme,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_EFER),
		       TURN_OFF(VMCS_GUEST_EFER, EFER_LME)),
	},
	{
		.id = "guest.bndcfgs.reserved",
		.want = "bits 11:2 0",
		READS(VMCS_GUEST_BNDCFGS, VMCS_ENTRY_CONTROLS),
		.holds = bndcfgs_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_BNDCFGS),
		       WRITE(VMCS_GUEST_BNDCFGS, BIT(2))),
	},
	{
		.id = "guest.bndcfgs.canonical",
		.want = "a canonical address in bits 63:12",
		READS(VMCS_GUEST_BNDCFGS, VMCS_ENTRY_CONTROLS),
		.holds = bndcfgs_is_canonical,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_BNDCFGS),
		       WRITE(VMCS_GUEST_BNDCFGS, NOT_CANONICAL)),
	},
	{
		.id = "guest.rtit-ctl.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_RTIT_CTL, VMCS_ENTRY_CONTROLS),
		.holds = rtit_ctl_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_RTIT_CTL),
		       WRITE(VMCS_GUEST_RTIT_CTL, NEVER_DEFINED)),
	},
	{
		.id = "guest.lbr-ctl.reserved",
		.want = "reserved bits 0",
		READS(VMCS_GUEST_LBR_CTL, VMCS_ENTRY_CONTROLS),
		.holds = lbr_ctl_is_defined,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_LBR_CTL),
		       WRITE(VMCS_GUEST_LBR_CTL, NEVER_DEFINED)),
	},
	{
		.id = "guest.pkrs.upper-half",
		.want = "bits 63:32 0",
		READS(VMCS_GUEST_PKRS, VMCS_ENTRY_CONTROLS),
		.holds = pkrs_is_narrow,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_PKRS),
		       WRITE(VMCS_GUEST_PKRS, BIT(32))),
	},
	{
		.id = "guest.uinv.upper-half",
		.want = "bits 15:8 0",
		READS(VMCS_GUEST_UINV, VMCS_ENTRY_CONTROLS),
		.holds = uinv_is_a_vector,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_LOAD_UINV),
		       WRITE(VMCS_GUEST_UINV, BIT(8))),
	},
};

RULE_TABLE(guest_msr_rules, SECTION_GUEST_REGISTERS, REFUSED_GUEST_STATE);
