/* The flight recorder of this machine: a ring (kernel/recorder_ring.h) for each CPU that runs guests,
 * always on. Exits are recorded by the loop that enters guests, in place; all else through here. */
#ifndef KERNEL_RECORDER_H
#define KERNEL_RECORDER_H

#include "kernel/recorder_ring.h"
#include "lib/error.h"
#include "lib/types.h"

/* Gives this CPU its ring. NoMemory when there is none to be had. */
enum error recorder_init_cpu(struct reason *why) must_check;

/* What is known of an event. `time` and the CPU are filled in; what does not apply is 0. */
struct recorder_event {
	enum record_kind kind;
	uint16_t vm;
	uint8_t vcpu;
	uint64_t value;
	uint64_t rip;
	const char *did; /* a constant string */
};

/* Records an event of this CPU's; nothing before it has a ring. Any context but NMI and #MC. Returns
 * the record, which stays until the ring has gone round, or null. */
struct record *recorder_note(const struct recorder_event *event);
/* The same of an event whose head is known. */
struct record *recorder_write(struct record_head head, uint64_t value, uint64_t rip,
			      const char *did);

/* The ring of a CPU, or null. Any CPU. */
const struct recorder *recorder_of(unsigned cpu_index);

#endif
