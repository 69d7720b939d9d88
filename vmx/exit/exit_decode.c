/* Decoding of exits: a table says for each reason what it is called above, which fields it defines,
 * and who takes its qualification apart. */
#include "vmx/exit/exit_decode.h"

#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/exit_reason.h"

uint64_t exit_operand(const struct exit_snapshot *s, enum gpr gpr)
{
	uint64_t value = gpr == RSP ? s->rsp : s->gpr[gpr];

	return s->code64 ? value : (uint32_t)value;
}

/* --- the table ------------------------------------------------------------------------------ */

#define QUALIFICATION EXIT_NEEDS_QUALIFICATION
#define LENGTH        EXIT_NEEDS_LENGTH
#define INTERRUPTION  EXIT_NEEDS_INTERRUPTION
#define VECTORING     EXIT_NEEDS_VECTORING
#define LINEAR        EXIT_NEEDS_LINEAR
#define PHYSICAL      EXIT_NEEDS_PHYSICAL
#define INSTRUCTION   EXIT_NEEDS_INSTRUCTION
#define OPERAND       EXIT_NEEDS_OPERAND

struct exit_format {
	uint8_t kind;   /* enum vcpu_exit_kind; 0, UNKNOWN, for what is not in the table */
	uint16_t needs; /* enum exit_needs, or-ed */
	void (*detail)(const struct exit_snapshot *snapshot, struct vcpu_exit *exit);
};

#define ROW(reason, exit_kind, ...) \
	[EXIT_REASON_##reason] = { .kind = VCPU_EXIT_##exit_kind, __VA_ARGS__ }
#define INSTRUCTION_ROW(reason, exit_kind) ROW(reason, exit_kind, .needs = LENGTH)

/* The kinds that are UNKNOWN here are those that Plinth's controls never ask for. Their fields are
 * read all the same, for the story. The length is needed with VECTORING for the event that may have
 * been cut short: a software interrupt is delivered again with its length. */
static const struct exit_format formats[EXIT_REASONS] = {
	ROW(EXCEPTION_OR_NMI, EXCEPTION, .needs = QUALIFICATION | LENGTH | INTERRUPTION | VECTORING,
	    .detail = exit_decode_exception),
	ROW(EXTERNAL_INTERRUPT, INTERRUPT, .needs = INTERRUPTION, .detail = exit_decode_interrupt),
	ROW(TRIPLE_FAULT, TRIPLE_FAULT),
	ROW(INIT_SIGNAL, INIT),
	ROW(STARTUP_IPI, SIPI, .needs = QUALIFICATION, .detail = exit_decode_sipi),
	ROW(IO_SMI, UNKNOWN, .needs = QUALIFICATION | LINEAR),
	ROW(INTERRUPT_WINDOW, INTERRUPT_WINDOW),
	ROW(NMI_WINDOW, NMI_WINDOW),
	ROW(TASK_SWITCH, TASK_SWITCH, .needs = QUALIFICATION | LENGTH | VECTORING,
	    .detail = exit_decode_task_switch),
	ROW(CPUID, CPUID, .needs = LENGTH, .detail = exit_decode_cpuid),
	INSTRUCTION_ROW(GETSEC, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(HLT, HLT),
	INSTRUCTION_ROW(INVD, INVD),
	ROW(INVLPG, INVLPG, .needs = QUALIFICATION | LENGTH, .detail = exit_decode_invlpg),
	INSTRUCTION_ROW(RDPMC, RDPMC),
	INSTRUCTION_ROW(RDTSC, RDTSC),
	INSTRUCTION_ROW(RSM, UNKNOWN),
	INSTRUCTION_ROW(VMCALL, HYPERCALL),
	INSTRUCTION_ROW(VMCLEAR, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMLAUNCH, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMPTRLD, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMPTRST, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMREAD, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMRESUME, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMWRITE, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMXOFF, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(VMXON, VIRT_INSTRUCTION),
	ROW(CR_ACCESS, CR_ACCESS, .needs = QUALIFICATION | LENGTH | OPERAND,
	    .detail = exit_decode_cr),
	ROW(MOV_DR, DR_ACCESS, .needs = QUALIFICATION | LENGTH | OPERAND, .detail = exit_decode_dr),
	ROW(IO_INSTRUCTION, IO, .needs = QUALIFICATION | LENGTH | LINEAR | INSTRUCTION,
	    .detail = exit_decode_io),
	ROW(RDMSR, MSR_READ, .needs = LENGTH, .detail = exit_decode_rdmsr),
	ROW(WRMSR, MSR_WRITE, .needs = LENGTH, .detail = exit_decode_wrmsr),
	ROW(ENTRY_FAILURE_GUEST_STATE, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = exit_decode_entry_failure),
	ROW(ENTRY_FAILURE_MSR_LOADING, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = exit_decode_entry_failure),
	ROW(MWAIT, MWAIT, .needs = QUALIFICATION | LENGTH),
	ROW(MONITOR_TRAP_FLAG, SINGLE_STEP),
	INSTRUCTION_ROW(MONITOR, MONITOR),
	INSTRUCTION_ROW(PAUSE, PAUSE),
	ROW(ENTRY_FAILURE_MACHINE_CHECK, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = exit_decode_entry_failure),
	ROW(TPR_BELOW_THRESHOLD, APIC),
	ROW(APIC_ACCESS, NESTED_FAULT, .needs = QUALIFICATION | VECTORING | LENGTH,
	    .detail = exit_decode_apic_access),
	ROW(VIRTUALIZED_EOI, APIC, .needs = QUALIFICATION),
	ROW(GDTR_OR_IDTR_ACCESS, DESCRIPTOR_TABLE, .needs = QUALIFICATION | LENGTH | INSTRUCTION,
	    .detail = exit_decode_descriptor_table),
	ROW(LDTR_OR_TR_ACCESS, DESCRIPTOR_TABLE, .needs = QUALIFICATION | LENGTH | INSTRUCTION,
	    .detail = exit_decode_descriptor_table),
	ROW(EPT_VIOLATION, NESTED_FAULT,
	    .needs = QUALIFICATION | VECTORING | LINEAR | PHYSICAL | LENGTH,
	    .detail = exit_decode_violation),
	ROW(EPT_MISCONFIGURATION, NESTED_MISCONFIG, .needs = VECTORING | PHYSICAL | LENGTH,
	    .detail = exit_decode_misconfiguration),
	INSTRUCTION_ROW(INVEPT, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(RDTSCP, RDTSCP),
	ROW(PREEMPTION_TIMER, TIME_SLICE),
	INSTRUCTION_ROW(INVVPID, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(WBINVD, WBINVD),
	ROW(XSETBV, XSETBV, .needs = LENGTH, .detail = exit_decode_xsetbv),
	ROW(APIC_WRITE, APIC, .needs = QUALIFICATION),
	ROW(RDRAND, RANDOM, .needs = LENGTH | INSTRUCTION, .detail = exit_decode_random),
	INSTRUCTION_ROW(INVPCID, UNKNOWN),
	INSTRUCTION_ROW(VMFUNC, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(ENCLS, VIRT_INSTRUCTION),
	ROW(RDSEED, RANDOM, .needs = LENGTH | INSTRUCTION, .detail = exit_decode_random),
	ROW(PML_FULL, UNKNOWN, .needs = QUALIFICATION | VECTORING | LENGTH),
	INSTRUCTION_ROW(XSAVES, XSAVES),
	INSTRUCTION_ROW(XRSTORS, XSAVES),
	INSTRUCTION_ROW(PCONFIG, VIRT_INSTRUCTION),
	ROW(SPP_EVENT, UNKNOWN, .needs = QUALIFICATION | VECTORING | LINEAR | PHYSICAL),
	INSTRUCTION_ROW(UMWAIT, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(TPAUSE, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(LOADIWKEY, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(ENCLV, VIRT_INSTRUCTION),
};

/* Of these the length that is read belongs to an event that was cut short or came with the exit,
 * not to an instruction that exited. */
static bool length_is_of_event(uint32_t basic)
{
	return basic == EXIT_REASON_EXCEPTION_OR_NMI || basic == EXIT_REASON_EPT_VIOLATION ||
	       basic == EXIT_REASON_EPT_MISCONFIGURATION || basic == EXIT_REASON_PML_FULL ||
	       basic == EXIT_REASON_APIC_ACCESS;
}

static const struct exit_format *format_of(uint32_t raw_reason)
{
	static const struct exit_format unknown = { .kind = VCPU_EXIT_UNKNOWN,
						    .needs = QUALIFICATION };
	static const struct exit_format failed = { .kind = VCPU_EXIT_ENTRY_FAILED,
						   .needs = QUALIFICATION,
						   .detail = exit_decode_entry_failure };
	uint32_t basic = exit_reason_basic(raw_reason);

	if (raw_reason & EXIT_REASON_ENTRY_FAILURE)
		return &failed;
	return basic < EXIT_REASONS ? &formats[basic] : &unknown;
}

unsigned exit_needs(uint32_t raw_reason)
{
	return format_of(raw_reason)->needs;
}

enum vcpu_exit_kind exit_kind(uint32_t raw_reason)
{
	return (enum vcpu_exit_kind)format_of(raw_reason)->kind;
}

void exit_decode(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	const struct exit_format *format = format_of(s->reason);
	bool own_length =
		(format->needs & LENGTH) && !length_is_of_event(exit_reason_basic(s->reason));

	exit->kind = (enum vcpu_exit_kind)format->kind;
	exit->raw_reason = s->reason;
	exit->qualification = format->needs & QUALIFICATION ? s->qualification : 0;
	exit->rip = s->rip;
	exit->length = own_length ? s->instruction_length : 0;
	if (format->detail)
		format->detail(s, exit);
}
