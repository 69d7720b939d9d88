/* A walk through a guest's page tables in words: one line a level, and where it leads or why it
 * stops. Pure. */
#ifndef VM_CRASH_PAGE_WALK_TEXT_H
#define VM_CRASH_PAGE_WALK_TEXT_H

#include "lib/page_walk.h"
#include "lib/types.h"

/* "level=PD table=0x3000 index=0x1f5 entry=0x0 flags=none". */
void page_walk_step_text(char *buffer, size_t size, const struct page_walk_step *step);

/* What a walk for `access` came to: "reaches=0x1234 page=4K rights=rw- user=no", or `stops="the PD
 * entry is not present"`. */
void page_walk_end_text(char *buffer, size_t size, const struct page_walk_state *state,
			const struct page_walk_trace *trace, enum page_access access);

/* Why the walk stops, without anything around it; "" for one that does not. */
void page_walk_stop_text(char *buffer, size_t size, const struct page_walk_state *state,
			 const struct page_walk_trace *trace, enum page_access access);

#endif
