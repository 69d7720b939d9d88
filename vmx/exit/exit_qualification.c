/* Taking apart what an exit says about its cause. */
#include "vmx/exit/exit_qualification.h"

#include "lib/format.h"
#include "vmx/exit/exit_reason.h"
#include "x86/msr.h"
#include "x86/exception.h"

/* EDX:EAX, as WRMSR and XSETBV take their 64-bit operand. */
static uint64_t edx_eax(const struct exit_snapshot *s)
{
	return (uint64_t)(uint32_t)s->gpr[RDX] << 32 | (uint32_t)s->gpr[RAX];
}

/* --- exceptions and other vectored events --------------------------------------------------- */

static void decode_event(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	uint32_t info = s->interruption_info;

	exit->event.vector = (uint8_t)field_get(info, INTERRUPTION_VECTOR_MASK);
	exit->event.type = (uint8_t)field_get(info, INTERRUPTION_TYPE_MASK);
	exit->event.has_error_code = info & INTERRUPTION_ERROR_VALID;
	exit->event.error_code = exit->event.has_error_code ? s->interruption_error : 0;
	exit->event.address = 0;
}

void exit_decode_exception(const struct exit_snapshot *s, struct vcpu_exit *exit)
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
		if (exit->event.vector == EXCEPTION_PAGE_FAULT)
			exit->event.address = s->qualification;
		break;
	default:
		exit->kind = VCPU_EXIT_UNKNOWN;
	}
	if (!(s->interruption_info & INTERRUPTION_VALID))
		exit->kind = VCPU_EXIT_UNKNOWN;
}

/* The vector is there only when the hardware acknowledged the interrupt on exit. */
void exit_decode_interrupt(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	decode_event(s, exit);
	if (!(s->interruption_info & INTERRUPTION_VALID))
		exit->event.vector = 0;
}

void exit_decode_sipi(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_task_switch(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_cr(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_dr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->dr.number = (uint8_t)field_get(s->qualification, DR_NUMBER);
	exit->dr.write = !(s->qualification & DR_READ);
	exit->dr.gpr = (enum gpr)field_get(s->qualification, DR_GPR);
	exit->dr.value = exit->dr.write ? exit_operand(s, exit->dr.gpr) : 0;
}

/* --- instructions --------------------------------------------------------------------------- */

/* Table "Format of the VM-Exit Instruction-Information Field as Used for INS and OUTS". */
#define INS_OUTS_ADDRESS_SIZE BITS(9, 7)
#define INS_OUTS_SEGMENT      BITS(17, 15)

#define SEGMENT_ES 0

void exit_decode_io(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_cpuid(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->cpuid.leaf = (uint32_t)s->gpr[RAX];
	exit->cpuid.subleaf = (uint32_t)s->gpr[RCX];
}

void exit_decode_rdmsr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->msr.index = (uint32_t)s->gpr[RCX];
	exit->msr.value = 0;
}

void exit_decode_wrmsr(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->msr.index = (uint32_t)s->gpr[RCX];
	exit->msr.value = edx_eax(s);
}

void exit_decode_xsetbv(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->xsetbv.index = (uint32_t)s->gpr[RCX];
	exit->xsetbv.value = edx_eax(s);
}

void exit_decode_invlpg(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	exit->invlpg.address = gva(s->qualification);
}

void exit_decode_random(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_descriptor_table(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	bool second = exit_reason_basic(s->reason) == EXIT_REASON_LDTR_OR_TR_ACCESS;

	exit->descriptor_table.which =
		(uint8_t)(field_get(s->instruction_info, DESCRIPTOR_TABLE_WHICH) +
			  (second ? 4 : 0));
}

/* --- nested paging -------------------------------------------------------------------------- */

/* SDM volume 3, "Exit Qualification for APIC-Access VM Exits from Linear Accesses and Guest-Physical
 * Accesses". */
#define APIC_ACCESS_OFFSET BITS(11, 0)
#define APIC_ACCESS_TYPE   BITS(15, 12)
enum { APIC_LINEAR_WRITE = 1, APIC_LINEAR_FETCH = 2, APIC_PHYSICAL_IN_DELIVERY = 10 };

/* As the nested fault that it would be if the hardware knew nothing of the APIC. */
static void decode_apic_access(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	unsigned type = (unsigned)field_get(s->qualification, APIC_ACCESS_TYPE);

	exit->nested_fault.gpa =
		gpa(LOCAL_APIC_ADDRESS + field_get(s->qualification, APIC_ACCESS_OFFSET));
	/* The hardware keeps the linear address to itself. */
	exit->nested_fault.gva_valid = false;
	exit->nested_fault.gva = gva(0);
	exit->nested_fault.during_walk = type >= APIC_PHYSICAL_IN_DELIVERY;
	exit->nested_fault.access = type == APIC_LINEAR_WRITE   ? ACCESS_WRITE
				    : type == APIC_LINEAR_FETCH ? ACCESS_EXECUTE
								: ACCESS_READ;
	exit->nested_fault.allowed = 0;
}

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

void exit_decode_nested_fault(const struct exit_snapshot *s, struct vcpu_exit *exit)
{
	if (exit_reason_basic(s->reason) == EXIT_REASON_APIC_ACCESS)
		decode_apic_access(s, exit);
	else
		decode_violation(s, exit);
}

void exit_decode_misconfiguration(const struct exit_snapshot *s, struct vcpu_exit *exit)
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

void exit_decode_entry_failure(const struct exit_snapshot *s, struct vcpu_exit *exit)
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
