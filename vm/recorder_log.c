/* From the rings to the log. */
#include "vm/recorder_log.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/output/log.h"
#include "kernel/recorder.h"
#include "kernel/symbols.h"
#include "kernel/time.h"
#include "lib/format.h"
#include "vm/record_text.h"
#include "vm/virt_ops.h"
#include "vm/vm.h"

#define REASON_MAX 48

/* Where the lines of a dump go. */
struct listener {
	void (*tell)(void *context, const char *line);
	void *context;
};

static void to_log(void *context, const char *line)
{
	log_tagged("record", "%s", line);
}

static const struct listener log_listener = { to_log, NULL };

static void tell(const struct listener *to, const struct recorder_step *step)
{
	char text[LOG_LINE_MAX], reason[REASON_MAX];
	char function[SYMBOL_NAME_MAX];
	uint64_t offset;

	virt->format_reason(reason, sizeof(reason), step->record.reason);
	/* A timer's function is Plinth's own; other records have the address of an instruction of a guest's. */
	bool named = step->record.head.kind == RECORD_TIMER &&
		     symbols_find(step->record.rip, function, &offset);
	const struct record_line what = {
		.cpu = step->ring,
		.number = step->number,
		.ns = time_ns_at(step->record.time),
		.reason = reason,
		.function = named ? function : "unknown",
	};
	record_text(text, sizeof(text), &what, &step->record);
	to->tell(to->context, text);
}

static void tell_header(const struct recorder_found *found, const struct vm *vm, const char *why)
{
	char whose[VM_NAME_MAX + 32] = "";

	if (vm)
		format_string(whose, sizeof(whose), " vm=%u(%s)", vm->id, vm->name);
	log_tagged("record",
		   "dump why=%s%s records=%lu older=%lu overwritten=%lu cpus=%u tick_rate=%lu", why,
		   whose, found->chosen, found->older, found->overwritten, cpu_count(),
		   time_tick_rate());
}

static struct recorder_found rewind(struct recorder_reader *readers,
				    const struct recorder_filter *filter, uint64_t most)
{
	for (unsigned i = 0; i < cpu_count(); i++)
		readers[i] = (struct recorder_reader) { .recorder = recorder_of(i) };
	return recorder_rewind(readers, cpu_count(), filter, most);
}

static void tell_all(struct recorder_reader *readers, const struct recorder_filter *filter,
		     const struct listener *to)
{
	struct recorder_step step;

	while (recorder_step(readers, cpu_count(), filter, &step))
		tell(to, &step);
}

/* With a reader for each CPU. */
static void dump(struct recorder_reader *readers, const struct vm *vm, uint64_t most,
		 const char *why)
{
	const struct recorder_filter filter = { .one_vm = vm, .vm = vm ? (uint16_t)vm->id : 0 };
	struct recorder_found found = rewind(readers, &filter, most);

	tell_header(&found, vm, why);
	tell_all(readers, &filter, &log_listener);
}

static size_t reader_pages(void)
{
	return (cpu_count() * sizeof(struct recorder_reader) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static struct recorder_reader *alloc_readers(void)
{
	struct recorder_reader *readers = pages_alloc(reader_pages(), PAGE_SIZE);

	if (!readers)
		log_warn("recorder", "no memory to read the flight recorder");
	return readers;
}

static void dump_with_memory(const struct vm *vm, uint64_t most, const char *why)
{
	struct recorder_reader *readers = alloc_readers();

	if (!readers)
		return;
	dump(readers, vm, most, why);
	pages_free(readers, reader_pages());
}

void recorder_log_vm(const struct vm *vm, uint64_t most, const char *why)
{
	dump_with_memory(vm, most, why);
}

void recorder_log_all(uint64_t most, const char *why)
{
	dump_with_memory(NULL, most, why);
}

void recorder_tell_exits(const struct vcpu *vcpu, uint64_t most,
			 void (*tell_line)(void *context, const char *line), void *context)
{
	const struct recorder_filter filter = {
		.exits_of_one_vcpu = true,
		.vm = vcpu->record_head.vm,
		.vcpu = vcpu->record_head.vcpu,
	};
	const struct listener to = { tell_line, context };
	struct recorder_reader *readers = alloc_readers();

	if (!readers)
		return;
	(void)rewind(readers, &filter, most);
	tell_all(readers, &filter, &to);
	pages_free(readers, reader_pages());
}

void recorder_log_panic(void)
{
	static struct recorder_reader readers[MAX_CPUS];

	dump(readers, NULL, RECORDER_LAST_OF_ALL, "panic");
}
