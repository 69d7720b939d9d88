/* An exit in words, as docs/wire.md has them. Pure. */
#ifndef VM_EXIT_TEXT_H
#define VM_EXIT_TEXT_H

#include "lib/types.h"
#include "vm/vcpu/vcpu_exit.h"

struct exit_line {
	uint32_t vm_id;
	const char *vm_name;
	uint32_t vcpu_id;
	const char *reason; /* "10(CPUID)" */
	const char *did;
};

/* "vm=3(hlt) vcpu=0 reason=12(HLT) rip=0x1000 len=1 qual=0x0 did=emulated", and behind it what
 * belongs to this kind of exit. Cut at `size`, always terminated. */
void exit_text(char *buffer, size_t size, const struct exit_line *line,
	       const struct vcpu_exit *exit);

/* " hlt=3 cpuid=1": a count for every kind that occurred. `counts` has VCPU_EXIT_KINDS elements. */
void exit_text_counts(char *buffer, size_t size, const uint64_t *counts);

#endif
