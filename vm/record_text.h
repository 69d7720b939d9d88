/* A record of the flight recorder in words, as docs/wire.md has them. Pure. */
#ifndef VM_RECORD_TEXT_H
#define VM_RECORD_TEXT_H

#include "kernel/recorder_ring.h"
#include "lib/types.h"

struct record_line {
	unsigned cpu;
	uint64_t number;      /* of the record on its CPU */
	uint64_t ns;          /* since Plinth began */
	const char *reason;   /* of an exit: "10(CPUID)" */
	const char *function; /* of a timer: its name */
};

/* "cpu=0 seq=7 tsc=234 us=1.500 vm=1 vcpu=0 event=exit reason=10(CPUID) rip=0x1000 qual=0x0
 * did=emulated cost=120". Cut at `size`, always terminated. */
void record_text(char *buffer, size_t size, const struct record_line *line,
		 const struct record *record);

#endif
