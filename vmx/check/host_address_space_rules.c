/* SDM volume 3, "Checks Related to Address-Space Size". The SDM also asks for "IA-32e mode guest" 0
 * with a host of 32 bits; that follows from the first three rules here, so it has none of its own. */
#include "vmx/check/rule_words.h"
#include "x86/control_registers.h"

#define HIGH_HALF BITS(63, 32)

#define WIDTH_5_LEVELS 57
#define WIDTH_4_LEVELS 48

static bool host_is_large(const struct entry_check_input *in)
{
	return exit_on(in, EXIT_HOST_ADDRESS_SPACE_SIZE);
}

/* A host of 32 bits where there can be one. */
static bool host_is_small(const struct entry_check_input *in)
{
	return !host_is_large(in) && !in_ia32e_mode(in);
}

/* --- the CPU now ----------------------------------------------------------------------------- */

static bool guest_is_no_larger(const struct entry_check_input *in)
{
	return implies(!in_ia32e_mode(in), !entry_on(in, ENTRY_IA32E_MODE_GUEST));
}

static bool host_is_no_larger(const struct entry_check_input *in)
{
	return implies(!in_ia32e_mode(in), !host_is_large(in));
}

static bool host_is_no_smaller(const struct entry_check_input *in)
{
	return implies(in_ia32e_mode(in), host_is_large(in));
}

/* --- a host of 32 bits ----------------------------------------------------------------------- */

static bool small_host_has_no_pcids(const struct entry_check_input *in)
{
	return implies(host_is_small(in), !(field(in, VMCS_HOST_CR4) & CR4_PCIDE));
}

static bool small_host_has_a_low_rip(const struct entry_check_input *in)
{
	return implies(host_is_small(in), !(field(in, VMCS_HOST_RIP) & HIGH_HALF));
}

static bool small_host_has_a_low_s_cet(const struct entry_check_input *in)
{
	return implies(host_is_small(in), !(field(in, VMCS_HOST_S_CET) & HIGH_HALF));
}

static bool small_host_has_a_low_ssp(const struct entry_check_input *in)
{
	return implies(host_is_small(in), !(field(in, VMCS_HOST_SSP) & HIGH_HALF));
}

/* --- a host of 64 bits ----------------------------------------------------------------------- */

/* As wide as the host's own paging makes addresses. */
static bool large_host_has_a_canonical_rip(const struct entry_check_input *in)
{
	unsigned width = field(in, VMCS_HOST_CR4) & CR4_LA57 ? WIDTH_5_LEVELS : WIDTH_4_LEVELS;

	return is_canonical(field(in, VMCS_HOST_RIP), width);
}

static bool large_host_has_a_canonical_s_cet(const struct entry_check_input *in)
{
	return implies(host_is_large(in), is_canonical_here(in, field(in, VMCS_HOST_S_CET)));
}

static bool large_host_has_a_canonical_ssp(const struct entry_check_input *in)
{
	return implies(host_is_large(in), is_canonical_here(in, field(in, VMCS_HOST_SSP)));
}

static const struct entry_rule_row host_address_space_rules[] = {
	{
		.id = "address-space-size.guest",
		.want = "\"IA-32e mode guest\" 0 while the CPU is outside IA-32e mode",
		READS(VMCS_ENTRY_CONTROLS),
		.holds = guest_is_no_larger,
		BREAKS(TURN_ON(VMCS_ENTRY_CONTROLS, ENTRY_IA32E_MODE_GUEST),
		       TURN_ON(VMCS_GUEST_EFER, EFER_LME | EFER_LMA)),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "address-space-size.legacy",
		.want = "\"host address-space size\" 0 while the CPU is outside IA-32e mode",
		READS(VMCS_EXIT_CONTROLS),
		.holds = host_is_no_larger,
		BREAKS(TURN_ON(VMCS_EXIT_CONTROLS, EXIT_HOST_ADDRESS_SPACE_SIZE),
		       TURN_ON(VMCS_HOST_EFER, EFER_LME | EFER_LMA)),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "address-space-size.ia32e",
		.want = "\"host address-space size\" 1 while the CPU is in IA-32e mode",
		READS(VMCS_EXIT_CONTROLS),
		.holds = host_is_no_smaller,
		BREAKS(HOST_OF_32_BITS, GUEST_OF_32_BITS),
	},
	{
		.id = "address-space-size.pcid",
		.want = "CR4.PCIDE 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_CR4, VMCS_EXIT_CONTROLS),
		.holds = small_host_has_no_pcids,
		BREAKS(TURN_ON(VMCS_HOST_CR4, CR4_PCIDE)),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "address-space-size.rip",
		.want = "bits 63:32 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_RIP, VMCS_EXIT_CONTROLS),
		.holds = small_host_has_a_low_rip,
		BREAKS(WRITE(VMCS_HOST_RIP, BIT(32))),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "address-space-size.s-cet",
		.want = "bits 63:32 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_S_CET, VMCS_EXIT_CONTROLS),
		WHILE(EXIT, LOAD_CET_STATE),
		.holds = small_host_has_a_low_s_cet,
		BREAKS(WRITE(VMCS_HOST_S_CET, BIT(32))),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "address-space-size.ssp",
		.want = "bits 63:32 0 while \"host address-space size\" is 0",
		READS(VMCS_HOST_SSP, VMCS_EXIT_CONTROLS),
		WHILE(EXIT, LOAD_CET_STATE),
		.holds = small_host_has_a_low_ssp,
		BREAKS(WRITE(VMCS_HOST_SSP, BIT(32))),
		.start = START_OUTSIDE_IA32E,
	},
	{
		.id = "cr4.pae",
		.want = "CR4.PAE 1 while \"host address-space size\" is 1",
		READS(VMCS_HOST_CR4, VMCS_EXIT_CONTROLS),
		WHILE(EXIT, HOST_ADDRESS_SPACE_SIZE),
		ONES(CR4_PAE),
	},
	{
		.id = "rip.canonical",
		.want = "an address canonical under the host's CR4.LA57",
		READS(VMCS_HOST_RIP, VMCS_HOST_CR4),
		WHILE(EXIT, HOST_ADDRESS_SPACE_SIZE),
		.holds = large_host_has_a_canonical_rip,
		BREAKS(WRITE(VMCS_HOST_RIP, NOT_CANONICAL)),
	},
	{
		.id = "s-cet.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_S_CET),
		WHILE(EXIT, LOAD_CET_STATE),
		.holds = large_host_has_a_canonical_s_cet,
		BREAKS(WRITE(VMCS_HOST_S_CET, NOT_CANONICAL)),
	},
	{
		.id = "ssp.canonical",
		.want = "a canonical address",
		READS(VMCS_HOST_SSP),
		WHILE(EXIT, LOAD_CET_STATE),
		.holds = large_host_has_a_canonical_ssp,
		BREAKS(WRITE(VMCS_HOST_SSP, NOT_CANONICAL)),
	},
};

RULE_TABLE(host_address_space_rules, SECTION_ADDRESS_SPACE, REFUSED_HOST_STATE);
