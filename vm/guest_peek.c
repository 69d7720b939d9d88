/* Walks that set no flag. */
#include "vm/guest_peek.h"

#include "vm/guest_memory.h"

/* An entry in no RAM ends the walk: what a CPU would read there is nothing to show. */
static bool read_entry(void *context, gpa_t at, unsigned width, uint64_t *value)
{
	*value = 0;
	return guest_physical_read(context, at, value, width);
}

struct page_walk guest_peek(struct vm *vm, const struct page_walk_state *state, gva_t at)
{
	const struct page_walk_memory memory = { .context = vm, .read = read_entry };
	struct page_walk_state all_rights = *state;

	all_rights.cpl = 0;
	all_rights.ac = true;
	return page_walk(&all_rights, &memory, at, PAGE_ACCESS_READ);
}

void guest_peek_walk(struct vm *vm, const struct page_walk_state *state, gva_t at,
		     enum page_access access, struct page_walk_trace *trace)
{
	const struct page_walk_memory memory = { .context = vm, .read = read_entry };

	page_walk_trace(state, &memory, at, access, trace);
}
