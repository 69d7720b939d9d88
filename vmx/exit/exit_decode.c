/* Decoding of exits: a table says for each reason what it is called above and which fields it defines,
 * another one, by what it is called, who takes its qualification apart. */
#include "vmx/exit/exit_decode.h"

#include "vmx/exit/exit_qualification.h"
#include "vmx/exit/exit_reason.h"

uint64_t exit_operand(const struct exit_snapshot *s, enum gpr gpr)
{
	uint64_t value = gpr == RSP ? s->rsp : s->gpr[gpr];

	return s->code64 ? value : (uint32_t)value;
}

/* --- the tables ----------------------------------------------------------------------------- */

#define QUALIFICATION EXIT_NEEDS_QUALIFICATION
#define LENGTH        EXIT_NEEDS_LENGTH
#define INTERRUPTION  EXIT_NEEDS_INTERRUPTION
#define VECTORING     EXIT_NEEDS_VECTORING
#define LINEAR        EXIT_NEEDS_LINEAR
#define PHYSICAL      EXIT_NEEDS_PHYSICAL
#define INSTRUCTION   EXIT_NEEDS_INSTRUCTION
#define OPERAND       EXIT_NEEDS_OPERAND

struct exit_format {
	uint8_t kind;  /* enum vcpu_exit_kind; 0, UNKNOWN, for what is not in the table */
	uint8_t needs; /* enum exit_needs, or-ed */
};

#define NOTHING 0

#define ROW(reason, exit_kind, fields) \
	[EXIT_REASON_##reason] = { .kind = VCPU_EXIT_##exit_kind, .needs = (fields) }

/* The kinds that are UNKNOWN here are those that Plinth's controls never ask for. Their fields are
 * read all the same, for the story. The length is needed with VECTORING for the event that may have
 * been cut short: a software interrupt is delivered again with its length. */
static const struct exit_format formats[EXIT_REASONS] = {
	ROW(EXCEPTION_OR_NMI, EXCEPTION, QUALIFICATION | LENGTH | INTERRUPTION | VECTORING),
	ROW(EXTERNAL_INTERRUPT, INTERRUPT, INTERRUPTION),
	ROW(TRIPLE_FAULT, TRIPLE_FAULT, NOTHING),
	ROW(INIT_SIGNAL, INIT, NOTHING),
	ROW(STARTUP_IPI, SIPI, QUALIFICATION),
	ROW(IO_SMI, UNKNOWN, QUALIFICATION | LINEAR),
	ROW(INTERRUPT_WINDOW, INTERRUPT_WINDOW, NOTHING),
	ROW(NMI_WINDOW, NMI_WINDOW, NOTHING),
	ROW(TASK_SWITCH, TASK_SWITCH, QUALIFICATION | LENGTH | VECTORING),
	ROW(CPUID, CPUID, LENGTH),
	ROW(GETSEC, VIRT_INSTRUCTION, LENGTH),
	ROW(HLT, HLT, LENGTH),
	ROW(INVD, INVD, LENGTH),
	ROW(INVLPG, INVLPG, QUALIFICATION | LENGTH),
	ROW(RDPMC, RDPMC, LENGTH),
	ROW(RDTSC, RDTSC, LENGTH),
	ROW(RSM, UNKNOWN, LENGTH),
	ROW(VMCALL, HYPERCALL, LENGTH),
	ROW(VMCLEAR, VIRT_INSTRUCTION, LENGTH),
	ROW(VMLAUNCH, VIRT_INSTRUCTION, LENGTH),
	ROW(VMPTRLD, VIRT_INSTRUCTION, LENGTH),
	ROW(VMPTRST, VIRT_INSTRUCTION, LENGTH),
	ROW(VMREAD, VIRT_INSTRUCTION, LENGTH),
	ROW(VMRESUME, VIRT_INSTRUCTION, LENGTH),
	ROW(VMWRITE, VIRT_INSTRUCTION, LENGTH),
	ROW(VMXOFF, VIRT_INSTRUCTION, LENGTH),
	ROW(VMXON, VIRT_INSTRUCTION, LENGTH),
	ROW(CR_ACCESS, CR_ACCESS, QUALIFICATION | LENGTH | OPERAND),
	ROW(MOV_DR, DR_ACCESS, QUALIFICATION | LENGTH | OPERAND),
	ROW(IO_INSTRUCTION, IO, QUALIFICATION | LENGTH | LINEAR | INSTRUCTION),
	ROW(RDMSR, MSR_READ, LENGTH),
	ROW(WRMSR, MSR_WRITE, LENGTH),
	ROW(ENTRY_FAILURE_GUEST_STATE, ENTRY_FAILED, QUALIFICATION),
	ROW(ENTRY_FAILURE_MSR_LOADING, ENTRY_FAILED, QUALIFICATION),
	ROW(MWAIT, MWAIT, QUALIFICATION | LENGTH),
	ROW(MONITOR_TRAP_FLAG, SINGLE_STEP, NOTHING),
	ROW(MONITOR, MONITOR, LENGTH),
	ROW(PAUSE, PAUSE, LENGTH),
	ROW(ENTRY_FAILURE_MACHINE_CHECK, ENTRY_FAILED, QUALIFICATION),
	ROW(TPR_BELOW_THRESHOLD, APIC, NOTHING),
	ROW(APIC_ACCESS, NESTED_FAULT, QUALIFICATION | VECTORING | LENGTH),
	ROW(VIRTUALIZED_EOI, APIC, QUALIFICATION),
	ROW(GDTR_OR_IDTR_ACCESS, DESCRIPTOR_TABLE, QUALIFICATION | LENGTH | INSTRUCTION),
	ROW(LDTR_OR_TR_ACCESS, DESCRIPTOR_TABLE, QUALIFICATION | LENGTH | INSTRUCTION),
	ROW(EPT_VIOLATION, NESTED_FAULT, QUALIFICATION | VECTORING | LINEAR | PHYSICAL | LENGTH),
	ROW(EPT_MISCONFIGURATION, NESTED_MISCONFIG, VECTORING | PHYSICAL | LENGTH),
	ROW(INVEPT, VIRT_INSTRUCTION, LENGTH),
	ROW(RDTSCP, RDTSCP, LENGTH),
	ROW(PREEMPTION_TIMER, TIME_SLICE, NOTHING),
	ROW(INVVPID, VIRT_INSTRUCTION, LENGTH),
	ROW(WBINVD, WBINVD, LENGTH),
	ROW(XSETBV, XSETBV, LENGTH),
	ROW(APIC_WRITE, APIC, QUALIFICATION),
	ROW(RDRAND, RANDOM, LENGTH | INSTRUCTION),
	ROW(INVPCID, UNKNOWN, LENGTH),
	ROW(VMFUNC, VIRT_INSTRUCTION, LENGTH),
	ROW(ENCLS, VIRT_INSTRUCTION, LENGTH),
	ROW(RDSEED, RANDOM, LENGTH | INSTRUCTION),
	ROW(PML_FULL, UNKNOWN, QUALIFICATION | VECTORING | LENGTH),
	ROW(XSAVES, XSAVES, LENGTH),
	ROW(XRSTORS, XSAVES, LENGTH),
	ROW(PCONFIG, VIRT_INSTRUCTION, LENGTH),
	ROW(SPP_EVENT, UNKNOWN, QUALIFICATION | VECTORING | LINEAR | PHYSICAL),
	ROW(UMWAIT, VIRT_INSTRUCTION, LENGTH),
	ROW(TPAUSE, VIRT_INSTRUCTION, LENGTH),
	ROW(LOADIWKEY, VIRT_INSTRUCTION, LENGTH),
	ROW(ENCLV, VIRT_INSTRUCTION, LENGTH),
};

typedef void (*decode_detail)(const struct exit_snapshot *snapshot, struct vcpu_exit *exit);

/* By what an exit is called. Null: it says all. */
static const decode_detail details[VCPU_EXIT_KINDS] = {
	[VCPU_EXIT_EXCEPTION] = exit_decode_exception,
	[VCPU_EXIT_INTERRUPT] = exit_decode_interrupt,
	[VCPU_EXIT_SIPI] = exit_decode_sipi,
	[VCPU_EXIT_TASK_SWITCH] = exit_decode_task_switch,
	[VCPU_EXIT_CPUID] = exit_decode_cpuid,
	[VCPU_EXIT_INVLPG] = exit_decode_invlpg,
	[VCPU_EXIT_CR_ACCESS] = exit_decode_cr,
	[VCPU_EXIT_DR_ACCESS] = exit_decode_dr,
	[VCPU_EXIT_IO] = exit_decode_io,
	[VCPU_EXIT_MSR_READ] = exit_decode_rdmsr,
	[VCPU_EXIT_MSR_WRITE] = exit_decode_wrmsr,
	[VCPU_EXIT_ENTRY_FAILED] = exit_decode_entry_failure,
	[VCPU_EXIT_NESTED_FAULT] = exit_decode_nested_fault,
	[VCPU_EXIT_DESCRIPTOR_TABLE] = exit_decode_descriptor_table,
	[VCPU_EXIT_NESTED_MISCONFIG] = exit_decode_misconfiguration,
	[VCPU_EXIT_XSETBV] = exit_decode_xsetbv,
	[VCPU_EXIT_RANDOM] = exit_decode_random,
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
						   .needs = QUALIFICATION };
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
	if (details[format->kind])
		details[format->kind](s, exit);
}
