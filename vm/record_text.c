/* The lines of a dump. */
#include "vm/record_text.h"

#include "lib/format.h"
#include "lib/string.h"

#define NS_PER_US 1000

/* Of the VM as a whole, not of one of its vCPUs. */
static bool is_of_vm(enum record_kind kind)
{
	return kind == RECORD_VM || kind == RECORD_WATCHDOG;
}

static void value_text(char *buffer, size_t size, const struct record *record)
{
	enum record_kind kind = (enum record_kind)record->head.kind;
	const char *name = record_value_name(kind);

	if (!name[0])
		return;
	if (kind == RECORD_EXIT || kind == RECORD_IPI)
		format_append(buffer, size, " %s=0x%lx", name, record->value);
	else
		format_append(buffer, size, " %s=%lu", name, record->value);
}

/* Exits, and turns on their way to one, are over when their cost is known, and it is then known what
 * was done. */
static void end_text(char *buffer, size_t size, const struct record *record)
{
	bool costs = record->head.kind == RECORD_EXIT || record->head.kind == RECORD_IN;

	if (record->did && (!costs || record_cost(record))) {
		const char *quote = strchr(record->did, ' ') ? "\"" : "";

		format_append(buffer, size, " did=%s%s%s", quote, record->did, quote);
	}
	if (costs)
		format_append(buffer, size, " cost=%lu", record_cost(record));
}

void record_text(char *buffer, size_t size, const struct record_line *line,
		 const struct record *record)
{
	enum record_kind kind = (enum record_kind)record->head.kind;

	format_string(buffer, size, "cpu=%u seq=%lu tsc=%lu us=%lu.%03lu", line->cpu, line->number,
		      record->time, line->ns / NS_PER_US, line->ns % NS_PER_US);
	if (record->head.vm)
		format_append(buffer, size, " vm=%u", record->head.vm);
	if (record->head.vm && !is_of_vm(kind))
		format_append(buffer, size, " vcpu=%u", record->head.vcpu);
	format_append(buffer, size, " event=%s", record_kind_name(kind));
	if (kind == RECORD_EXIT)
		format_append(buffer, size, " reason=%s rip=0x%lx", line->reason, record->rip);
	if (kind == RECORD_TIMER)
		format_append(buffer, size, " function=%s", line->function);
	value_text(buffer, size, record);
	end_text(buffer, size, record);
}
