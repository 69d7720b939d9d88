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

static void line(const struct recorder_step *step)
{
	char text[LOG_LINE_MAX], reason[REASON_MAX];
	const char *function;
	uint64_t offset;

	virt->format_reason(reason, sizeof(reason), step->record.reason);
	function = symbols_find(step->record.rip, &offset);
	const struct record_line what = {
		.cpu = step->ring,
		.number = step->number,
		.ns = time_ns_at(step->record.time),
		.reason = reason,
		.function = function ? function : "unknown",
	};
	record_text(text, sizeof(text), &what, &step->record);
	log_tagged("record", "%s", text);
}

/* With a reader for each CPU. */
static void dump(struct recorder_reader *readers, const struct vm *vm, uint64_t most,
		 const char *why)
{
	const struct recorder_filter filter = { .one_vm = vm, .vm = vm ? (uint16_t)vm->id : 0 };
	char whose[VM_NAME_MAX + 32] = "";
	struct recorder_step step;

	for (unsigned i = 0; i < cpu_count(); i++)
		readers[i] = (struct recorder_reader) { .recorder = recorder_of(i) };
	struct recorder_found found = recorder_rewind(readers, cpu_count(), &filter, most);

	if (vm)
		format_string(whose, sizeof(whose), " vm=%u(%s)", vm->id, vm->name);
	log_tagged("record",
		   "dump why=%s%s records=%lu older=%lu overwritten=%lu cpus=%u tick_rate=%lu", why,
		   whose, found.chosen, found.older, found.overwritten, cpu_count(),
		   time_tick_rate());
	while (recorder_step(readers, cpu_count(), &filter, &step))
		line(&step);
}

static void dump_with_memory(const struct vm *vm, uint64_t most, const char *why)
{
	size_t pages = (cpu_count() * sizeof(struct recorder_reader) + PAGE_SIZE - 1) / PAGE_SIZE;
	struct recorder_reader *readers = pages_alloc(pages, PAGE_SIZE);

	if (!readers) {
		log_warn("recorder", "no memory for a dump why=%s", why);
		return;
	}
	dump(readers, vm, most, why);
	pages_free(readers, pages);
}

void recorder_log_vm(const struct vm *vm, uint64_t most, const char *why)
{
	dump_with_memory(vm, most, why);
}

void recorder_log_all(uint64_t most, const char *why)
{
	dump_with_memory(NULL, most, why);
}

void recorder_log_panic(void)
{
	static struct recorder_reader readers[MAX_CPUS];

	dump(readers, NULL, RECORDER_LAST_OF_ALL, "panic");
}
