/* Guest memory as a debugger or a report looks at it: through a vCPU's page tables, whatever rights they
 * give, and without leaving a trace in them. In the context of vm/guest_memory.h. */
#ifndef VM_GUEST_PEEK_H
#define VM_GUEST_PEEK_H

#include "lib/page_walk.h"
#include "lib/types.h"
#include "vm/vm.h"

/* Where an address leads with the registers in `state`; privilege does not matter. */
struct page_walk guest_peek(struct vm *vm, const struct page_walk_state *state, gva_t at);

/* The same for an access as the vCPU would make it, step by step. */
void guest_peek_walk(struct vm *vm, const struct page_walk_state *state, gva_t at,
		     enum page_access access, struct page_walk_trace *trace);

#endif
