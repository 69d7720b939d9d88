/* Memory types of physical memory from a snapshot of the memory-type range registers: SDM volume 3,
 * "Memory Type Range Registers (MTRRs)". Pure; whoever owns the registers fills the snapshot. The
 * host uses it to map guest RAM with the type that RAM has, and a guest's own set is kept in one. */
#ifndef X86_MTRR_H
#define X86_MTRR_H

#include "lib/types.h"
#include "x86/msr.h"

#define MTRR_MAX_VARIABLE 16
#define MTRR_FIXED_COUNT  11

/* X(index of the MSR, base address, bytes of each of its eight ranges) */
#define MTRR_FIXED_LIST(X)         \
	X(0x250, 0x00000, 0x10000) \
	X(0x258, 0x80000, 0x4000)  \
	X(0x259, 0xa0000, 0x4000)  \
	X(0x268, 0xc0000, 0x1000)  \
	X(0x269, 0xc8000, 0x1000)  \
	X(0x26a, 0xd0000, 0x1000)  \
	X(0x26b, 0xd8000, 0x1000)  \
	X(0x26c, 0xe0000, 0x1000)  \
	X(0x26d, 0xe8000, 0x1000)  \
	X(0x26e, 0xf0000, 0x1000)  \
	X(0x26f, 0xf8000, 0x1000)

struct mtrr_state {
	bool supported;                   /* CPUID.01H:EDX[12]; without it every type is UC */
	uint8_t address_bits;             /* MAXPHYADDR */
	uint64_t capability;              /* IA32_MTRRCAP */
	uint64_t default_type;            /* IA32_MTRR_DEF_TYPE */
	uint64_t fixed[MTRR_FIXED_COUNT]; /* in the order of MTRR_FIXED_LIST */
	struct {
		uint64_t base, mask;
	} variable[MTRR_MAX_VARIABLE];
};

/* Fills `out` by reading MSRs through `read` on a CPU that has them (`supported` true). */
void mtrr_snapshot(struct mtrr_state *out, unsigned address_bits, uint64_t (*read)(uint32_t index));

/* Variable ranges that the capability names, at most MTRR_MAX_VARIABLE. */
unsigned mtrr_variable_count(const struct mtrr_state *state);

/* The effective type of the byte at `at`. An overlap that the SDM calls undefined, and a reserved
 * encoding, count as UC. */
enum memory_type mtrr_type(const struct mtrr_state *state, hpa_t at);

/* The number of bytes from `start` (4 KiB aligned), at most `limit`, that surely share the type of
 * `start`, which goes to `type`. At least one page when limit is at least one. */
uint64_t mtrr_uniform(const struct mtrr_state *state, hpa_t start, uint64_t limit,
		      enum memory_type *type);

/* Where MSR `index` is kept in the state, or null when it is not an MTRR that this state has. */
uint64_t *mtrr_register(struct mtrr_state *state, uint32_t index);

/* True when a write of `value` to `index` is one the CPU accepts. */
bool mtrr_value_valid(const struct mtrr_state *state, uint32_t index, uint64_t value);

/* "WB"; "reserved" for an encoding without a meaning. */
const char *memory_type_name(unsigned type);

#endif
