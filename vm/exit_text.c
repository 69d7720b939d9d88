/* The exit line and the summary of counts. */
#include "vm/exit_text.h"

#include "lib/format.h"
#include "lib/string.h"
#include "x86/exception.h"

/* "rwx" for read, write and execute, a dash for each that is missing. */
static void rights_text(char text[4], unsigned rights)
{
	text[0] = rights & ACCESS_READ ? 'r' : '-';
	text[1] = rights & ACCESS_WRITE ? 'w' : '-';
	text[2] = rights & ACCESS_EXECUTE ? 'x' : '-';
	text[3] = 0;
}

static void io_text(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	format_append(buffer, size, " port=0x%x width=%u dir=%s", exit->io.port, exit->io.width,
		      exit->io.in ? "in" : "out");
	if (exit->io.string)
		format_append(buffer, size, " string=1 rep=%u address=0x%lx", exit->io.repeat,
			      exit->io.address.value);
}

static void register_text(char *buffer, size_t size, const char *bank, unsigned number, bool write,
			  enum gpr gpr, uint64_t value)
{
	format_append(buffer, size, " %s=%u dir=%s gpr=%s", bank, number, write ? "to" : "from",
		      vcpu_gpr_name(gpr));
	if (write)
		format_append(buffer, size, " value=0x%lx", value);
}

static void fault_text(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	char access[4], allowed[4];

	rights_text(access, exit->nested_fault.access);
	rights_text(allowed, exit->nested_fault.allowed);
	format_append(buffer, size, " gpa=0x%lx", exit->nested_fault.gpa.value);
	if (exit->nested_fault.gva_valid)
		format_append(buffer, size, " gva=0x%lx", exit->nested_fault.gva.value);
	format_append(buffer, size, " access=%s allowed=%s", access, allowed);
	if (exit->nested_fault.during_walk)
		format_append(buffer, size, " walk=1");
}

static void event_text(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	format_append(buffer, size, " vector=%u", exit->event.vector);
	if (exit->event.has_error_code)
		format_append(buffer, size, " error=0x%x", exit->event.error_code);
	if (exit->kind == VCPU_EXIT_EXCEPTION && exit->event.vector == EXCEPTION_PAGE_FAULT)
		format_append(buffer, size, " address=0x%lx", exit->event.address);
}

static void task_switch_text(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	static const char *const sources[] = { "call", "iret", "jmp", "gate" };

	format_append(buffer, size, " selector=0x%x source=%s", exit->task_switch.selector,
		      sources[exit->task_switch.source & 3]);
	if (exit->task_switch.has_error_code)
		format_append(buffer, size, " error=0x%x", exit->task_switch.error_code);
}

/* Exits that ask for something to be emulated. */
static void instruction_details(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	switch (exit->kind) {
	case VCPU_EXIT_IO:
		io_text(buffer, size, exit);
		break;
	case VCPU_EXIT_CPUID:
		format_append(buffer, size, " leaf=0x%x subleaf=0x%x", exit->cpuid.leaf,
			      exit->cpuid.subleaf);
		break;
	case VCPU_EXIT_MSR_READ:
		format_append(buffer, size, " msr=0x%x", exit->msr.index);
		break;
	case VCPU_EXIT_MSR_WRITE:
		format_append(buffer, size, " msr=0x%x value=0x%lx", exit->msr.index,
			      exit->msr.value);
		break;
	case VCPU_EXIT_CR_ACCESS:
		register_text(buffer, size, "cr", exit->cr.number, exit->cr.write, exit->cr.gpr,
			      exit->cr.value);
		break;
	case VCPU_EXIT_LMSW:
		format_append(buffer, size, " value=0x%x", exit->lmsw.value);
		break;
	case VCPU_EXIT_DR_ACCESS:
		register_text(buffer, size, "dr", exit->dr.number, exit->dr.write, exit->dr.gpr,
			      exit->dr.value);
		break;
	case VCPU_EXIT_XSETBV:
		format_append(buffer, size, " xcr=%u value=0x%lx", exit->xsetbv.index,
			      exit->xsetbv.value);
		break;
	case VCPU_EXIT_INVLPG:
		format_append(buffer, size, " address=0x%lx", exit->invlpg.address.value);
		break;
	case VCPU_EXIT_RANDOM:
		format_append(buffer, size, " gpr=%s width=%u seed=%u",
			      vcpu_gpr_name(exit->random.gpr), exit->random.width,
			      exit->random.seed);
		break;
	default:
		break;
	}
}

/* Exits that tell of something that happened. */
static void event_details(char *buffer, size_t size, const struct vcpu_exit *exit)
{
	switch (exit->kind) {
	case VCPU_EXIT_NESTED_FAULT:
	case VCPU_EXIT_NESTED_MISCONFIG:
		fault_text(buffer, size, exit);
		break;
	case VCPU_EXIT_INTERRUPT:
	case VCPU_EXIT_EXCEPTION:
	case VCPU_EXIT_SIPI:
		event_text(buffer, size, exit);
		break;
	case VCPU_EXIT_TASK_SWITCH:
		task_switch_text(buffer, size, exit);
		break;
	case VCPU_EXIT_IPI:
		format_append(buffer, size, " icr=0x%lx", exit->ipi.icr);
		break;
	case VCPU_EXIT_ENTRY_FAILED:
		format_append(buffer, size, " error=%u story=\"%s\"",
			      exit->entry_failed.instruction_error, exit->entry_failed.story);
		break;
	default:
		break;
	}
}

void exit_text(char *buffer, size_t size, const struct exit_line *line,
	       const struct vcpu_exit *exit)
{
	const char *quote = strchr(line->did, ' ') ? "\"" : "";

	format_string(buffer, size,
		      "vm=%u(%s) vcpu=%u reason=%s rip=0x%lx len=%u qual=0x%lx did=%s%s%s",
		      line->vm_id, line->vm_name, line->vcpu_id, line->reason, exit->rip,
		      exit->length, exit->qualification, quote, line->did, quote);
	instruction_details(buffer, size, exit);
	event_details(buffer, size, exit);
}

void exit_text_counts(char *buffer, size_t size, const uint64_t *counts)
{
	if (size)
		buffer[0] = 0;
	for (unsigned kind = 0; kind < VCPU_EXIT_KINDS; kind++)
		if (counts[kind])
			format_append(buffer, size, " %s=%lu", vcpu_exit_name(kind), counts[kind]);
}
