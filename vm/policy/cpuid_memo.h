/* Answers to a vCPU's CPUID that have been worked out before. They hold as long as nothing changes
 * that struct cpuid_guest tells of: whoever changes such a thing says so with cpuid_memo_forget().
 * Pure; owned by the CPU that the vCPU is bound to. */
#ifndef VM_POLICY_CPUID_MEMO_H
#define VM_POLICY_CPUID_MEMO_H

#include "lib/bits.h"
#include "x86/instructions.h"

#define CPUID_MEMO_SHIFT 5
#define CPUID_MEMO_ROWS  (1u << CPUID_MEMO_SHIFT)

struct cpuid_memo {
	struct cpuid_memo_row {
		uint64_t key; /* of what was asked; an empty row has one that belongs to another */
		struct cpuid_result result;
		uint64_t unused; /* 32 bytes are a shift away from each other */
	} rows[CPUID_MEMO_ROWS];
};

_Static_assert(sizeof(struct cpuid_memo_row) == 32, "a row is found by a shift");

/* What was asked, as one number. */
static inline uint64_t cpuid_memo_key(uint32_t leaf, uint32_t subleaf)
{
	return (uint64_t)subleaf << 32 | leaf;
}

/* The only row in which this answer may stand. The factor spreads the leaves that programs ask for,
 * basic, extended and a hypervisor's, over different ones; it was found by trying. */
static inline struct cpuid_memo_row *cpuid_memo_row(struct cpuid_memo *memo, uint64_t key)
{
	return &memo->rows[key * 0xc7e25ed9e6e4e133 >> (64 - CPUID_MEMO_SHIFT)];
}

/* The answer, or null: it has to be worked out. */
static inline const struct cpuid_result *cpuid_memo_find(struct cpuid_memo *memo, uint32_t leaf,
							 uint32_t subleaf)
{
	uint64_t key = cpuid_memo_key(leaf, subleaf);
	const struct cpuid_memo_row *row = cpuid_memo_row(memo, key);

	return likely(row->key == key) ? &row->result : NULL;
}

static inline void cpuid_memo_keep(struct cpuid_memo *memo, uint32_t leaf, uint32_t subleaf,
				   struct cpuid_result result)
{
	uint64_t key = cpuid_memo_key(leaf, subleaf);

	*cpuid_memo_row(memo, key) = (struct cpuid_memo_row) { .key = key, .result = result };
}

/* All of them. Also before the first use. */
void cpuid_memo_forget(struct cpuid_memo *memo);

#endif
