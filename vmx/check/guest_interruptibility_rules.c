/* SDM volume 3, "Checks on Guest Non-Register State": the interruptibility state. */
#include "vmx/check/guest_words.h"
#include "vmx/exit/exit_decode.h"
#include "x86/cpuid.h"

#define BLOCKING_BY_INSTRUCTION (BLOCKING_BY_STI | BLOCKING_BY_MOV_SS)

static bool blocks(const struct entry_check_input *in, uint64_t bits)
{
	return interruptibility(in) & bits;
}

static bool one_instruction_blocks(const struct entry_check_input *in)
{
	return (interruptibility(in) & BLOCKING_BY_INSTRUCTION) != BLOCKING_BY_INSTRUCTION;
}

static bool sti_has_set_if(const struct entry_check_input *in)
{
	return implies(blocks(in, BLOCKING_BY_STI), guest_rflags(in) & RFLAGS_IF);
}

static bool interrupt_is_not_blocked(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_EXTERNAL),
		       !blocks(in, BLOCKING_BY_INSTRUCTION));
}

static bool nmi_is_not_blocked_by_mov_ss(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_NMI), !blocks(in, BLOCKING_BY_MOV_SS));
}

static bool nmi_is_not_blocked_by_nmi(const struct entry_check_input *in)
{
	return implies(injects_type(in, INTERRUPTION_NMI), !blocks(in, BLOCKING_BY_NMI));
}

static bool smi_blocking_is_in_smm(const struct entry_check_input *in)
{
	return implies(blocks(in, BLOCKING_BY_SMI), in->cpu.smm);
}

static bool smm_blocks_smis(const struct entry_check_input *in)
{
	return implies(in->cpu.smm, blocks(in, BLOCKING_BY_SMI));
}

static bool enclave_is_possible(const struct entry_check_input *in)
{
	return implies(blocks(in, ENCLAVE_INTERRUPTION),
		       (in->capability->leaf7_ebx & CPUID_7_EBX_SGX) &&
			       !blocks(in, BLOCKING_BY_MOV_SS));
}

#define INJECT_INTERRUPT (INTERRUPTION_VALID | 0x40)
#define INJECT_NMI       (INTERRUPTION_VALID | (INTERRUPTION_NMI << 8) | 2)

static const struct entry_rule_row guest_interruptibility_rules[] = {
	{
		.id = "interruptibility.reserved",
		.want = "bits 31:5 0",
		READS(VMCS_GUEST_INTERRUPTIBILITY),
		ZEROES(INTERRUPTIBILITY_RESERVED),
	},
	{
		.id = "interruptibility.sti-and-mov-ss",
		.want = "not both of bits 0 (STI) and 1 (MOV SS)",
		READS(VMCS_GUEST_INTERRUPTIBILITY),
		.holds = one_instruction_blocks,
		BREAKS(TURN_ON(VMCS_GUEST_RFLAGS, RFLAGS_IF),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_INSTRUCTION)),
	},
	{
		.id = "interruptibility.sti-without-if",
		.want = "bit 0 (STI) 0 while RFLAGS.IF is 0",
		READS(VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_RFLAGS),
		.holds = sti_has_set_if,
		BREAKS(WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_STI)),
	},
	{
		.id = "interruptibility.interrupt-blocked",
		.want = "bits 0 (STI) and 1 (MOV SS) 0 for the injection of an external interrupt",
		READS(VMCS_GUEST_INTERRUPTIBILITY, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = interrupt_is_not_blocked,
		BREAKS(TURN_ON(VMCS_GUEST_RFLAGS, RFLAGS_IF),
		       WRITE(VMCS_ENTRY_INTERRUPTION_INFO, INJECT_INTERRUPT),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_STI)),
	},
	{
		.id = "interruptibility.nmi-after-mov-ss",
		.want = "bit 1 (MOV SS) 0 for the injection of an NMI",
		READS(VMCS_GUEST_INTERRUPTIBILITY, VMCS_ENTRY_INTERRUPTION_INFO),
		.holds = nmi_is_not_blocked_by_mov_ss,
		BREAKS(WRITE(VMCS_ENTRY_INTERRUPTION_INFO, INJECT_NMI),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_MOV_SS)),
	},
	{
		.id = "interruptibility.nmi-in-nmi",
		.want = "bit 3 (NMI) 0 for the injection of an NMI with \"virtual NMIs\"",
		READS(VMCS_GUEST_INTERRUPTIBILITY, VMCS_ENTRY_INTERRUPTION_INFO, VMCS_PIN_CONTROLS),
		WHILE(PIN, VIRTUAL_NMIS),
		.holds = nmi_is_not_blocked_by_nmi,
		BREAKS(TURN_ON(VMCS_PIN_CONTROLS, PIN_NMI_EXITING),
		       WRITE(VMCS_ENTRY_INTERRUPTION_INFO, INJECT_NMI),
		       WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_NMI)),
	},
	{
		.id = "interruptibility.smi-outside-smm",
		.want = "bit 2 (SMI) 0 outside of system-management mode",
		READS(VMCS_GUEST_INTERRUPTIBILITY),
		.holds = smi_blocking_is_in_smm,
		BREAKS(WRITE(VMCS_GUEST_INTERRUPTIBILITY, BLOCKING_BY_SMI)),
	},
	{
		.id = "interruptibility.entry-to-smm",
		.want = "bit 2 (SMI) 1 while \"entry to SMM\" is 1",
		READS(VMCS_GUEST_INTERRUPTIBILITY, VMCS_ENTRY_CONTROLS),
		WHILE(ENTRY, ENTRY_TO_SMM),
		.holds = smm_blocks_smis,
		.start = START_IN_SMM,
	},
	{
		.id = "interruptibility.enclave",
		.want = "bit 4 (enclave interruption) 0 on a CPU without SGX, and while MOV SS "
			"blocks events",
		READS(VMCS_GUEST_INTERRUPTIBILITY),
		.holds = enclave_is_possible,
		BREAKS(WRITE(VMCS_GUEST_INTERRUPTIBILITY,
			     ENCLAVE_INTERRUPTION | BLOCKING_BY_MOV_SS)),
	},
};

RULE_TABLE(guest_interruptibility_rules, SECTION_GUEST_NON_REGISTER, REFUSED_GUEST_STATE);
