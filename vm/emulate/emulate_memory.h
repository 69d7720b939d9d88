/* How an instruction that is emulated for a vCPU reaches memory: RAM directly, the rest through the
 * board's bus. */
#ifndef VM_EMULATE_EMULATE_MEMORY_H
#define VM_EMULATE_EMULATE_MEMORY_H

#include "vm/emulate/emulate.h"
#include "vm/emulate/execute.h"

struct emulate_reach {
	struct vcpu *vcpu;
	const struct vcpu_exit *exit;
	const struct emulate_bus *bus;
	struct page_walk_state walk; /* filled in by the caller */
	struct emulate_memory memory;
	const char *refusal; /* why something was REFUSED, if it was here */
};

void emulate_reach_init(struct emulate_reach *reach, struct vcpu *vcpu,
			const struct vcpu_exit *exit, const struct emulate_bus *bus);

#endif
