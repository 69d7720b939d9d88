/* The rings of all CPUs, and events on their way into them. */
#include "kernel/recorder.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

#define RECORDS_PAGES ((sizeof(struct record) * RECORDER_PLACES + PAGE_SIZE - 1) / PAGE_SIZE)

static struct recorder rings[MAX_CPUS];

enum error recorder_init_cpu(struct reason *why)
{
	struct cpu *cpu = this_cpu();

	if (cpu->recorder)
		return ERROR_NONE;
	struct record *records = pages_alloc(RECORDS_PAGES, PAGE_SIZE);
	if (!records)
		return reason_set(why, ERROR_NO_MEMORY,
				  "no memory for the flight recorder of CPU %u", cpu->index);
	recorder_init(&rings[cpu->index], records, RECORDER_PLACES);
	__atomic_store_n(&cpu->recorder, &rings[cpu->index], __ATOMIC_RELEASE);
	return ERROR_NONE;
}

const struct recorder *recorder_of(unsigned cpu_index)
{
	return __atomic_load_n(&cpu_by_index(cpu_index)->recorder, __ATOMIC_ACQUIRE);
}

struct record *recorder_write(struct record_head head, uint64_t value, uint64_t rip,
			      const char *did)
{
	uint64_t rflags = read_rflags();
	struct recorder *recorder;
	struct record *record = NULL;

	/* An interrupt's handler may have something to tell, too. */
	interrupts_disable();
	recorder = this_cpu()->recorder;
	if (recorder)
		record = recorder_put(recorder, read_tsc(), head, value, rip, did);
	if (rflags & RFLAGS_IF)
		interrupts_enable();
	return record;
}

struct record *recorder_note(const struct recorder_event *event)
{
	const struct record_head head = { .vm = event->vm,
					  .vcpu = event->vcpu,
					  .kind = (uint8_t)event->kind };

	return recorder_write(head, event->value, event->rip, event->did);
}
