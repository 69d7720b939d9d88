/* Answers to a vCPU's CPUID that have been worked out before. They hold as long as nothing changes
 * that struct cpuid_guest tells of: whoever changes such a thing says so with cpuid_memo_forget().
 * Pure; owned by the CPU that the vCPU is bound to. */
#ifndef VM_POLICY_CPUID_MEMO_H
#define VM_POLICY_CPUID_MEMO_H

#include "lib/bits.h"
#include "x86/instructions.h"

#define CPUID_MEMO_ROWS 32 /* a power of two */

struct cpuid_memo {
	uint32_t generation; /* rows of another one have been forgotten; from 1 */
	struct cpuid_memo_row {
		uint32_t generation;
		uint32_t leaf, subleaf;
		struct cpuid_result result;
		uint32_t unused; /* 32 bytes are a shift away from each other */
	} rows[CPUID_MEMO_ROWS];
};

/* The only row in which this answer may stand. Basic, extended and hypervisor leaves with the same
 * low bits, and their subleaves, go to different ones. */
static inline struct cpuid_memo_row *cpuid_memo_row(struct cpuid_memo *memo, uint32_t leaf,
						    uint32_t subleaf)
{
	return &memo->rows[(leaf + (leaf >> 28) + 5 * subleaf) % CPUID_MEMO_ROWS];
}

/* The answer, or null: it has to be worked out. */
static inline const struct cpuid_result *cpuid_memo_find(struct cpuid_memo *memo, uint32_t leaf,
							 uint32_t subleaf)
{
	const struct cpuid_memo_row *row = cpuid_memo_row(memo, leaf, subleaf);

	return likely(row->leaf == leaf && row->subleaf == subleaf &&
		      row->generation == memo->generation)
		       ? &row->result
		       : NULL;
}

static inline void cpuid_memo_keep(struct cpuid_memo *memo, uint32_t leaf, uint32_t subleaf,
				   struct cpuid_result result)
{
	*cpuid_memo_row(memo, leaf, subleaf) = (struct cpuid_memo_row) {
		.generation = memo->generation,
		.leaf = leaf,
		.subleaf = subleaf,
		.result = result,
	};
}

/* Also before first use of one that is all zero. */
void cpuid_memo_forget(struct cpuid_memo *memo);

#endif
