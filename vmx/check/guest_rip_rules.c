/* SDM volume 3, "Checks on Guest RIP, RFLAGS, and SSP". RIP and SSP need not be canonical: only the bits
 * above the linear-address width have to be equal to each other. */
#include "vmx/check/guest_words.h"
#include "vmx/exit/exit_decode.h"

/* Are the bits from `width` up all equal? One fewer than a canonical address has equal. */
static bool has_equal_upper_bits(uint64_t address, unsigned width)
{
	uint64_t top = address >> width;

	return !top || top == ~0ull >> width;
}

/* --- RIP ------------------------------------------------------------------------------------- */

static bool rip_is_narrow(const struct entry_check_input *in)
{
	return implies(!code64_guest(in), !(field(in, VMCS_GUEST_RIP) >> 32));
}

static bool rip_is_wide_enough(const struct entry_check_input *in)
{
	return implies(code64_guest(in),
		       has_equal_upper_bits(field(in, VMCS_GUEST_RIP), linear_width(in)));
}

/* --- RFLAGS ---------------------------------------------------------------------------------- */

#define RFLAGS_RESERVED (BITS(63, 22) | BIT(15) | BIT(5) | BIT(3))

static bool virtual_8086_is_outside_ia32e(const struct entry_check_input *in)
{
	return implies(guest_rflags(in) & RFLAGS_VM, !ia32e_guest(in));
}

static bool virtual_8086_is_protected(const struct entry_check_input *in)
{
	return implies((guest_rflags(in) & RFLAGS_VM) && !ia32e_guest(in), guest_cr0(in) & CR0_PE);
}

static bool interrupt_finds_them_enabled(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_EXTERNAL), guest_rflags(in) & RFLAGS_IF);
}

/* --- SSP ------------------------------------------------------------------------------------- */

static bool ssp_is_wide_enough(const struct entry_check_input *in)
{
	return has_equal_upper_bits(field(in, VMCS_GUEST_SSP), linear_width(in));
}

#define SOME_VECTOR 0x40

static const struct entry_rule_row guest_rip_rules[] = {
	{
		.id = "rip.upper-half",
		.want = "bits 63:32 0 outside of 64-bit code",
		READS(VMCS_GUEST_RIP, VMCS_GUEST_CS_AR_BYTES, VMCS_ENTRY_CONTROLS),
		.holds = rip_is_narrow,
		IN_GUEST(COMPATIBLE),
		BREAKS(TURN_ON(VMCS_GUEST_RIP, BIT(32))),
	},
	{
		.id = "rip.width",
		.want = "all bits at and above the linear-address width equal",
		READS(VMCS_GUEST_RIP),
		.holds = rip_is_wide_enough,
		BREAKS(WRITE(VMCS_GUEST_RIP, NOT_CANONICAL)),
	},
	{
		.id = "rflags.reserved",
		.want = "bits 63:22, 15, 5 and 3 0",
		READS(VMCS_GUEST_RFLAGS),
		ZEROES(RFLAGS_RESERVED),
	},
	{
		.id = "rflags.fixed-one",
		.want = "bit 1 1",
		READS(VMCS_GUEST_RFLAGS),
		ONES(RFLAGS_FIXED),
	},
	{
		.id = "rflags.vm-in-ia32e",
		.want = "bit 17 (VM) 0 while \"IA-32e mode guest\" is 1",
		READS(VMCS_GUEST_RFLAGS, VMCS_ENTRY_CONTROLS),
		.holds = virtual_8086_is_outside_ia32e,
		BREAKS(TURN_ON(VMCS_GUEST_RFLAGS, RFLAGS_VM)),
	},
	{
		.id = "rflags.vm-in-real-mode",
		.want = "bit 17 (VM) 0 while CR0.PE is 0",
		READS(VMCS_GUEST_RFLAGS, VMCS_GUEST_CR0),
		.holds = virtual_8086_is_protected,
		IN_GUEST(REAL),
		BREAKS(TURN_ON(VMCS_GUEST_RFLAGS, RFLAGS_VM)),
	},
	{
		.id = "rflags.if-for-interrupt",
		.want = "bit 9 (IF) 1 for the injection of an external interrupt",
		READS(VMCS_GUEST_RFLAGS, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = interrupt_finds_them_enabled,
		BREAKS(WRITE(VMCS_ENTRY_INTERRUPTION_INFO, INTERRUPTION_VALID | SOME_VECTOR)),
	},
	{
		.id = "ssp.aligned",
		.want = "bits 1:0 0",
		READS(VMCS_GUEST_SSP, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		ZEROES(BITS(1, 0)),
	},
	{
		.id = "ssp.width",
		.want = "all bits at and above the linear-address width equal",
		READS(VMCS_GUEST_SSP, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, LOAD_CET_STATE),
		.holds = ssp_is_wide_enough,
		BREAKS(WRITE(VMCS_GUEST_SSP, NOT_CANONICAL)),
	},
};

RULE_TABLE(guest_rip_rules, SECTION_GUEST_RIP, REFUSED_GUEST_STATE);
