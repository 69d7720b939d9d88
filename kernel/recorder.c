/* The rings of all CPUs, and events on their way into them. */
#include "kernel/recorder.h"

#include "kernel/cpu.h"
#include "kernel/memory.h"
#include "kernel/timer_front.h"
#include "x86/control_registers.h"
#include "x86/instructions.h"

#define RECORDS_PAGES ((sizeof(struct record) * RECORDER_PLACES + PAGE_SIZE - 1) / PAGE_SIZE)

static struct recorder rings[MAX_CPUS];

/* A host timer's interrupt that is overdue: an engine may hold it back from a guest that has its own disabled, and has
 * hardly any time in which the preemption timer would run out instead. The guest is left for it then. */
enum error recorder_init_cpu(struct reason *why)
{
	struct cpu *cpu = this_cpu();

	if (cpu->recorder)
		return ERROR_NONE;
	struct record *records = pages_alloc(RECORDS_PAGES, PAGE_SIZE);
	if (!records)
		return reason_set(why, ERROR_NO_MEMORY,
				  "no memory for the flight recorder of CPU %u", cpu->index);
	const struct recorder_watch watch = {
		.moment = &timer_front_here()->set_for,
		.first = &cpu->need_resched,
		.second = &cpu->attention,
	};
	recorder_init(&rings[cpu->index], records, RECORDER_PLACES, &watch);
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
