/* Where things go in a guest's RAM while its kernel is loaded: what must lie at a fixed place claims
 * it, what may lie anywhere finds a place. Nothing is given twice, and nothing that the firmware's
 * tables take (load_target.taken). Every loader owns one for the time of its work. Pure. */
#ifndef GUEST_LOAD_PLACEMENT_H
#define GUEST_LOAD_PLACEMENT_H

#include "guest/load/loader.h"
#include "lib/error.h"
#include "lib/range_set.h"
#include "lib/types.h"

/* Stretches of claimed memory; neighbours become one. */
#define PLACEMENT_RANGES 96

/* Holds a pointer into itself: not to be copied. */
struct placement {
	const char *loader; /* begins each sentence: "linux" */
	const struct load_target *target;
	struct range_set claimed;
	struct address_range ranges[PLACEMENT_RANGES];
};

enum placement_order { PLACE_LOWEST, PLACE_HIGHEST };

/* What a movable thing asks for. */
struct placement_wish {
	const char *what;      /* for the sentence: "the initrd" */
	uint64_t size;         /* bytes, not 0 */
	uint64_t alignment;    /* a power of two */
	uint64_t least, limit; /* it lies in [least, limit) */
	enum placement_order order;
};

/* `target` must outlive the placement, and its tables be sorted and disjoint. */
void placement_start(struct placement *placement, const char *loader,
		     const struct load_target *target);

/* Takes [at, at + length), of which every byte must be free RAM; a length of 0 takes nothing. When
 * `memory` is not null it receives the address of that RAM (null for length 0). NoMemory, with a
 * sentence that begins with the loader and `what`, where it is no RAM or taken. */
enum error placement_claim(struct placement *placement, const char *what, uint64_t at,
			   uint64_t length, uint8_t **memory, struct reason *why) must_check;

/* Finds a place as wished and claims it; `at` receives where, `memory` (may be null) as above.
 * NoMemory when there is none. */
enum error placement_find(struct placement *placement, const struct placement_wish *wish,
			  uint64_t *at, uint8_t **memory, struct reason *why) must_check;

#endif
