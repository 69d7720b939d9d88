/* What the decoder said of the last few instructions of a vCPU. A driver reads the same register with
 * the same instruction again and again; the bytes are fetched and compared each time, so that an
 * entry needs no invalidation. Pure. */
#ifndef VM_EMULATE_INSTRUCTION_CACHE_H
#define VM_EMULATE_INSTRUCTION_CACHE_H

#include "lib/string.h"
#include "lib/types.h"
#include "vm/emulate/instruction.h"

#define CACHED_INSTRUCTIONS 8 /* a power of two */

struct cached_instruction {
	bool valid;
	uint8_t mode; /* enum code_mode */
	struct decoded_instruction instruction;
};

/* All zero: empty. */
struct instruction_cache {
	struct cached_instruction entries[CACHED_INSTRUCTIONS];
};

/* The place for the instruction at `rip`, whatever it holds now. */
static inline struct cached_instruction *instruction_cache_entry(struct instruction_cache *cache,
								 uint64_t rip)
{
	/* Neighbouring instructions of a loop are a few bytes apart. */
	return &cache->entries[(rip ^ rip >> 3) % CACHED_INSTRUCTIONS];
}

/* Does it hold the instruction that these bytes begin with? */
static inline bool instruction_cache_holds(const struct cached_instruction *entry,
					   enum code_mode mode, const uint8_t *bytes,
					   unsigned available)
{
	return entry->valid && entry->mode == mode && entry->instruction.length <= available &&
	       !memcmp(entry->instruction.bytes, bytes, entry->instruction.length);
}

#endif
