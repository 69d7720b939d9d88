/* Decoding of exits: a table says for each reason what it is called above and which fields it
 * defines, and a short function per qualification format takes those apart. */
#include "vmx/exit_decode.h"

#include "lib/format.h"
#include "vmx/exit_reason.h"

uint64_t exit_operand(const struct exit_snapshot *s, enum gpr gpr)
{
	uint64_t value = gpr == RSP ? s->rsp : s->gpr[gpr];

	return s->code64 ? value : (uint32_t)value;
}

/* EDX:EAX, as WRMSR and XSETBV take their 64-bit operand. */
static uint64_t edx_eax(const struct exit_snapshot *s)
{
	return (uint64_t)(uint32_t)s->gpr[RDX] << 32 | (uint32_t)s->gpr[RAX];
}

/* --- exceptions and other vectored events --------------------------------------------------- */

#define VECTOR_PAGE_FAULT 14

static void decode_event(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	uint32_t info = s->interruption_info;

	exit->event.vector = (uint8_t)field_get(info, INTERRUPTION_VECTOR_MASK);
	exit->event.type = (uint8_t)field_get(info, INTERRUPTION_TYPE_MASK);
	exit->event.has_error_code = info & INTERRUPTION_ERROR_VALID;
	exit->event.error_code = exit->event.has_error_code ? s->interruption_error : 0;
	exit->event.address = 0;
}

static void decode_exception(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	decode_event(s, exit);
	switch (exit->event.type) {
	case INTERRUPTION_NMI:
		exit->kind = VCPU_EXIT_NMI;
		break;
	case INTERRUPTION_PRIVILEGED_EXCEPTION:
	case INTERRUPTION_SOFTWARE_EXCEPTION:
		/* Only these come from an instruction of their own, which has a length. */
		exit->length = s->instruction_length;
		break;
	case INTERRUPTION_HARDWARE_EXCEPTION:
		if (exit->event.vector == VECTOR_PAGE_FAULT)
			exit->event.address = s->qualification;
		break;
	default:
		exit->kind = VCPU_EXIT_UNKNOWN;
	}
	if (!(s->interruption_info & INTERRUPTION_VALID))
		exit->kind = VCPU_EXIT_UNKNOWN;
}

/* The vector is there only when the hardware acknowledged the interrupt on exit. */
static void decode_interrupt(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	decode_event(s, exit);
	if (!(s->interruption_info & INTERRUPTION_VALID))
		exit->event.vector = 0;
}

static void decode_sipi(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->event.vector = (uint8_t)s->qualification;
	exit->event.type = 0;
	exit->event.has_error_code = false;
	exit->event.error_code = 0;
	exit->event.address = 0;
}

/* Table "Exit Qualification for Task Switches". */
#define TASK_SWITCH_SELECTOR BITS(15, 0)
#define TASK_SWITCH_SOURCE   BITS(31, 30)
#define TASK_SWITCH_GATE     3

static void decode_task_switch(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	bool vectoring = s->vectoring_info & INTERRUPTION_VALID;

	exit->task_switch.selector = (uint16_t)field_get(s->qualification, TASK_SWITCH_SELECTOR);
	exit->task_switch.source = (uint8_t)field_get(s->qualification, TASK_SWITCH_SOURCE);
	exit->task_switch.has_error_code =
		vectoring && (s->vectoring_info & INTERRUPTION_ERROR_VALID);
	exit->task_switch.error_code = exit->task_switch.has_error_code ? s->vectoring_error : 0;
	/* A hardware event through a task gate has no instruction to be skipped. */
	if (exit->task_switch.source == TASK_SWITCH_GATE &&
	    !(vectoring && interruption_is_software(s->vectoring_info)))
		exit->length = 0;
}

/* --- control and debug registers ------------------------------------------------------------ */

/* Table "Exit Qualification for Control-Register Accesses". */
#define CR_NUMBER      BITS(3, 0)
#define CR_ACCESS      BITS(5, 4)
#define CR_GPR         BITS(11, 8)
#define CR_LMSW_SOURCE BITS(31, 16)

enum cr_access { CR_MOV_TO, CR_MOV_FROM, CR_CLTS, CR_LMSW };

static void decode_cr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	enum cr_access access = (enum cr_access)field_get(s->qualification, CR_ACCESS);

	if (access == CR_CLTS) {
		exit->kind = VCPU_EXIT_CLTS;
		return;
	}
	if (access == CR_LMSW) {
		exit->kind = VCPU_EXIT_LMSW;
		exit->lmsw.value = (uint16_t)field_get(s->qualification, CR_LMSW_SOURCE);
		return;
	}
	exit->cr.number = (uint8_t)field_get(s->qualification, CR_NUMBER);
	exit->cr.write = access == CR_MOV_TO;
	exit->cr.gpr = (enum gpr)field_get(s->qualification, CR_GPR);
	exit->cr.value = exit->cr.write ? exit_operand(s, exit->cr.gpr) : 0;
}

/* Table "Exit Qualification for MOV DR". */
#define DR_NUMBER BITS(2, 0)
#define DR_READ   BIT(4)
#define DR_GPR    BITS(11, 8)

static void decode_dr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->dr.number = (uint8_t)field_get(s->qualification, DR_NUMBER);
	exit->dr.write = !(s->qualification & DR_READ);
	exit->dr.gpr = (enum gpr)field_get(s->qualification, DR_GPR);
	exit->dr.value = exit->dr.write ? exit_operand(s, exit->dr.gpr) : 0;
}

/* --- instructions --------------------------------------------------------------------------- */

/* Table "Exit Qualification for I/O Instructions". */
#define IO_SIZE      BITS(2, 0)
#define IO_IN        BIT(3)
#define IO_STRING    BIT(4)
#define IO_REPEAT    BIT(5)
#define IO_IMMEDIATE BIT(6)
#define IO_PORT      BITS(31, 16)

/* Table "Format of the VM-Exit Instruction-Information Field as Used for INS and OUTS". */
#define INS_OUTS_ADDRESS_SIZE BITS(9, 7)
#define INS_OUTS_SEGMENT      BITS(17, 15)

#define SEGMENT_ES 0

static void decode_io(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	uint64_t size = field_get(s->qualification, IO_SIZE);

	exit->io.port = (uint16_t)field_get(s->qualification, IO_PORT);
	exit->io.width = (uint8_t)(size + 1);
	exit->io.in = s->qualification & IO_IN;
	exit->io.string = s->qualification & IO_STRING;
	exit->io.repeat = s->qualification & IO_REPEAT;
	exit->io.immediate = s->qualification & IO_IMMEDIATE;
	exit->io.address_width = 0;
	exit->io.segment = SEGMENT_ES;
	exit->io.address = gva(0);
	if (size != 0 && size != 1 && size != 3)
		exit->kind = VCPU_EXIT_UNKNOWN;
	if (!exit->io.string)
		return;

	uint64_t address_size = field_get(s->instruction_info, INS_OUTS_ADDRESS_SIZE);

	exit->io.address = gva(s->linear_address);
	/* Without the instruction information neither an address-size nor a segment prefix can be
	 * known, and a guess would walk the wrong register: the exit is not understood. */
	if (!s->ins_outs_info || address_size > 2) {
		exit->kind = VCPU_EXIT_UNKNOWN;
		return;
	}
	exit->io.address_width = (uint8_t)(2u << address_size);
	if (!exit->io.in)
		exit->io.segment = (uint8_t)field_get(s->instruction_info, INS_OUTS_SEGMENT);
}

static void decode_cpuid(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->cpuid.leaf = (uint32_t)s->gpr[RAX];
	exit->cpuid.subleaf = (uint32_t)s->gpr[RCX];
}

static void decode_rdmsr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->msr.index = (uint32_t)s->gpr[RCX];
	exit->msr.value = 0;
}

static void decode_wrmsr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->msr.index = (uint32_t)s->gpr[RCX];
	exit->msr.value = edx_eax(s);
}

static void decode_xsetbv(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->xsetbv.index = (uint32_t)s->gpr[RCX];
	exit->xsetbv.value = edx_eax(s);
}

static void decode_invlpg(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->invlpg.address = gva(s->qualification);
}

/* Table "... Instruction-Information Field as Used for RDRAND, RDSEED, TPAUSE, and UMWAIT". */
#define RANDOM_GPR   BITS(6, 3)
#define RANDOM_WIDTH BITS(12, 11)

static void decode_random(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	uint64_t width = field_get(s->instruction_info, RANDOM_WIDTH);

	exit->random.gpr = (enum gpr)field_get(s->instruction_info, RANDOM_GPR);
	exit->random.width = (uint8_t)(2u << width);
	exit->random.seed = exit_reason_basic(s->reason) == EXIT_REASON_RDSEED;
	if (width > 2)
		exit->kind = VCPU_EXIT_UNKNOWN;
}

/* Tables "... as Used for LIDT, LGDT, SIDT, or SGDT" and "... for LLDT, LTR, SLDT, and STR": the
 * instruction's identity is in the same two bits of both. */
#define DESCRIPTOR_TABLE_WHICH BITS(29, 28)

static void decode_descriptor_table(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	bool second = exit_reason_basic(s->reason) == EXIT_REASON_LDTR_OR_TR_ACCESS;

	exit->descriptor_table.which =
		(uint8_t)(field_get(s->instruction_info, DESCRIPTOR_TABLE_WHICH) +
			  (second ? 4 : 0));
}

/* --- nested paging -------------------------------------------------------------------------- */

/* Table "Exit Qualification for EPT Violations". Bits 2:0 and 5:3 are in the order of enum access. */
#define VIOLATION_ACCESS       BITS(2, 0)
#define VIOLATION_ALLOWED      BITS(5, 3)
#define VIOLATION_LINEAR_VALID BIT(7)
#define VIOLATION_NOT_WALK     BIT(8)

static void decode_violation(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	uint64_t q = s->qualification;

	exit->nested_fault.gpa = gpa(s->physical_address);
	exit->nested_fault.gva_valid = q & VIOLATION_LINEAR_VALID;
	exit->nested_fault.gva = gva(exit->nested_fault.gva_valid ? s->linear_address : 0);
	exit->nested_fault.during_walk = exit->nested_fault.gva_valid && !(q & VIOLATION_NOT_WALK);
	exit->nested_fault.access = (uint8_t)field_get(q, VIOLATION_ACCESS);
	exit->nested_fault.allowed = (uint8_t)field_get(q, VIOLATION_ALLOWED);
}

static void decode_misconfiguration(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->nested_fault.gpa = gpa(s->physical_address);
	exit->nested_fault.gva = gva(0);
	exit->nested_fault.gva_valid = false;
	exit->nested_fault.during_walk = false;
	exit->nested_fault.access = 0;
	exit->nested_fault.allowed = 0;
}

/* --- failed entries ------------------------------------------------------------------------- */

/* SDM volume 3, "VM-Entry Failures During or After Loading Guest State". */
static const char *guest_state_hint(uint64_t qualification)
{
	switch (qualification) {
	case 2:
		return "a PDPTE is invalid";
	case 3:
		return "an NMI was injected while STI or MOV SS blocks events";
	case 4:
		return "the VMCS link pointer is invalid";
	default:
		return "a guest-state field breaks a rule";
	}
}

static void decode_entry_failure(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	char *story = exit->entry_failed.story;
	size_t size = sizeof(exit->entry_failed.story);

	exit->entry_failed.instruction_error = 0;
	switch (exit_reason_basic(s->reason)) {
	case EXIT_REASON_ENTRY_FAILURE_GUEST_STATE:
		format_string(story, size, "invalid guest state: %s",
			      guest_state_hint(s->qualification));
		break;
	case EXIT_REASON_ENTRY_FAILURE_MSR_LOADING:
		format_string(story, size, "entry %llu of the MSR-load list cannot be loaded",
			      (unsigned long long)s->qualification);
		break;
	case EXIT_REASON_ENTRY_FAILURE_MACHINE_CHECK:
		format_string(story, size, "a machine check happened during the entry");
		break;
	default:
		format_string(story, size,
			      "the entry failed for basic reason %u, unknown to the SDM",
			      exit_reason_basic(s->reason));
	}
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
	    .detail = decode_exception),
	ROW(EXTERNAL_INTERRUPT, INTERRUPT, .needs = INTERRUPTION, .detail = decode_interrupt),
	ROW(TRIPLE_FAULT, TRIPLE_FAULT),
	ROW(INIT_SIGNAL, INIT),
	ROW(STARTUP_IPI, SIPI, .needs = QUALIFICATION, .detail = decode_sipi),
	ROW(IO_SMI, UNKNOWN, .needs = QUALIFICATION | LINEAR),
	ROW(INTERRUPT_WINDOW, INTERRUPT_WINDOW),
	ROW(NMI_WINDOW, NMI_WINDOW),
	ROW(TASK_SWITCH, TASK_SWITCH, .needs = QUALIFICATION | LENGTH | VECTORING,
	    .detail = decode_task_switch),
	ROW(CPUID, CPUID, .needs = LENGTH, .detail = decode_cpuid),
	INSTRUCTION_ROW(GETSEC, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(HLT, HLT),
	INSTRUCTION_ROW(INVD, INVD),
	ROW(INVLPG, INVLPG, .needs = QUALIFICATION | LENGTH, .detail = decode_invlpg),
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
	ROW(CR_ACCESS, CR_ACCESS, .needs = QUALIFICATION | LENGTH | OPERAND, .detail = decode_cr),
	ROW(MOV_DR, DR_ACCESS, .needs = QUALIFICATION | LENGTH | OPERAND, .detail = decode_dr),
	ROW(IO_INSTRUCTION, IO, .needs = QUALIFICATION | LENGTH | LINEAR | INSTRUCTION,
	    .detail = decode_io),
	ROW(RDMSR, MSR_READ, .needs = LENGTH, .detail = decode_rdmsr),
	ROW(WRMSR, MSR_WRITE, .needs = LENGTH, .detail = decode_wrmsr),
	ROW(ENTRY_FAILURE_GUEST_STATE, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = decode_entry_failure),
	ROW(ENTRY_FAILURE_MSR_LOADING, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = decode_entry_failure),
	ROW(MWAIT, MWAIT, .needs = QUALIFICATION | LENGTH),
	ROW(MONITOR_TRAP_FLAG, SINGLE_STEP),
	INSTRUCTION_ROW(MONITOR, MONITOR),
	INSTRUCTION_ROW(PAUSE, PAUSE),
	ROW(ENTRY_FAILURE_MACHINE_CHECK, ENTRY_FAILED, .needs = QUALIFICATION,
	    .detail = decode_entry_failure),
	ROW(APIC_ACCESS, UNKNOWN, .needs = QUALIFICATION | LENGTH | VECTORING | LINEAR | PHYSICAL),
	ROW(VIRTUALIZED_EOI, UNKNOWN, .needs = QUALIFICATION),
	ROW(GDTR_OR_IDTR_ACCESS, DESCRIPTOR_TABLE, .needs = QUALIFICATION | LENGTH | INSTRUCTION,
	    .detail = decode_descriptor_table),
	ROW(LDTR_OR_TR_ACCESS, DESCRIPTOR_TABLE, .needs = QUALIFICATION | LENGTH | INSTRUCTION,
	    .detail = decode_descriptor_table),
	ROW(EPT_VIOLATION, NESTED_FAULT,
	    .needs = QUALIFICATION | VECTORING | LINEAR | PHYSICAL | LENGTH,
	    .detail = decode_violation),
	ROW(EPT_MISCONFIGURATION, NESTED_MISCONFIG, .needs = VECTORING | PHYSICAL | LENGTH,
	    .detail = decode_misconfiguration),
	INSTRUCTION_ROW(INVEPT, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(RDTSCP, RDTSCP),
	ROW(PREEMPTION_TIMER, TIME_SLICE),
	INSTRUCTION_ROW(INVVPID, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(WBINVD, WBINVD),
	ROW(XSETBV, XSETBV, .needs = LENGTH, .detail = decode_xsetbv),
	ROW(APIC_WRITE, UNKNOWN, .needs = QUALIFICATION),
	ROW(RDRAND, RANDOM, .needs = LENGTH | INSTRUCTION, .detail = decode_random),
	INSTRUCTION_ROW(INVPCID, UNKNOWN),
	INSTRUCTION_ROW(VMFUNC, VIRT_INSTRUCTION),
	INSTRUCTION_ROW(ENCLS, VIRT_INSTRUCTION),
	ROW(RDSEED, RANDOM, .needs = LENGTH | INSTRUCTION, .detail = decode_random),
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
						   .detail = decode_entry_failure };
	uint32_t basic = exit_reason_basic(raw_reason);

	if (raw_reason & EXIT_REASON_ENTRY_FAILURE)
		return &failed;
	return basic < EXIT_REASONS ? &formats[basic] : &unknown;
}

unsigned exit_needs(uint32_t raw_reason)
{
	return format_of(raw_reason)->needs;
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
