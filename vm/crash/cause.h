/* What led to a triple fault, as far as registers and memory show it afterwards: hardware tells nothing
 * but that it came. */
#ifndef VM_CRASH_CAUSE_H
#define VM_CRASH_CAUSE_H

#include "lib/error.h"
#include "vm/crash/instruction_text.h"
#include "vm/crash/scene.h"

#define CAUSE_SENTENCES 3

/* Puts up to CAUSE_SENTENCES into `out`, in the order in which things happened; returns how many. */
unsigned cause_find(const struct scene *scene, const struct instruction_text *instruction,
		    struct reason *out);

#endif
