/* The table of model-specific registers that guests may touch, and the way from an index to its
 * range. What the emulated ones do is in vm/policy/msr_emulate.c. */
#include "vm/policy/msr_policy.h"

#include "vm/policy/msr_emulate.h"
#include "x86/msr.h"

/* X(symbol, read function, write function, keeps): the ways to emulate a register. `keeps`: it gives the same
 * until it is written itself, and takes what it holds without further effect. Which of the two functions
 * a register has use for, its range's actions say. */
#define WAY_LIST(X)                                                           \
	X(NO_WAY, NULL, NULL, false)                                          \
	X(ZERO, msr_read_zero, msr_write_zero, true)                          \
	X(IGNORED, NULL, msr_write_ignored, false)                            \
	X(TIME_STAMP, msr_read_tsc, msr_write_tsc, false)                     \
	X(TSC_ADJUST, msr_read_tsc_adjust, msr_write_tsc_adjust, false)       \
	X(TSC_DEADLINE, msr_read_tsc_deadline, msr_write_tsc_deadline, false) \
	X(PVCLOCK, msr_read_pvclock, msr_write_pvclock, false)                \
	X(APIC_BASE, msr_read_apic_base, msr_write_apic_base, false)          \
	X(X2APIC, msr_read_x2apic, msr_write_x2apic, false)                   \
	X(FEATURE_CONTROL, msr_read_feature_control, NULL, true)              \
	X(BIOS_SIGN_ID, msr_read_bios_sign_id, msr_write_zero, true)          \
	X(PLATFORM_INFO, msr_read_platform_info, NULL, true)                  \
	X(MISC_ENABLE, msr_read_misc_enable, msr_write_misc_enable, true)     \
	X(MTRR, msr_read_mtrr, msr_write_mtrr, true)                          \
	X(PAT, msr_read_pat, msr_write_pat, true)                             \
	X(XSS, msr_read_xss, msr_write_xss, false)                            \
	X(EFER, msr_read_efer, msr_write_efer, false)

enum way {
#define X(symbol, reader, writer, keeps) WAY_##symbol,
	WAY_LIST(X)
#undef X
};

static const struct {
	msr_reader read;
	msr_writer write;
} ways[] = {
#define X(symbol, reader, writer, keeps) { (reader), (writer) },
	WAY_LIST(X)
#undef X
};

#define X(symbol, reader, writer, keeps) | ((keeps) ? 1u << WAY_##symbol : 0)
static const uint32_t ways_that_keep = 0 WAY_LIST(X);
#undef X
_Static_assert(ARRAY_SIZE(ways) <= 32, "a bit for each");

#define RANGE(first, last, read, write, switched, way)                                     \
	{                                                                                  \
		(first), (last), MSR_##read, MSR_##write, MSR_SWITCH_##switched, WAY_##way \
	}
#define ONE(index, read, write, switched, way) RANGE(index, index, read, write, switched, way)

static const struct msr_range ranges[] = {
	/* Machine checks that no guest has: zero. */
	RANGE(MSR_P5_MC_ADDR, MSR_P5_MC_TYPE, EMULATE, EMULATE, NONE, ZERO),
	/* The hardware adds the offset when a guest reads it. */
	ONE(MSR_TSC, PASS, EMULATE, BACKEND, TIME_STAMP),
	RANGE(MSR_KVM_WALL_CLOCK_OLD, MSR_KVM_SYSTEM_TIME_OLD, EMULATE, EMULATE, NONE, PVCLOCK),
	ONE(MSR_PLATFORM_ID, EMULATE, DENY, NONE, ZERO),
	ONE(MSR_APIC_BASE, EMULATE, EMULATE, NONE, APIC_BASE),
	/* There is no system-management mode. */
	ONE(MSR_SMI_COUNT, EMULATE, DENY, NONE, ZERO),
	ONE(MSR_FEATURE_CONTROL, EMULATE, DENY, NONE, FEATURE_CONTROL),
	ONE(MSR_TSC_ADJUST, EMULATE, EMULATE, NONE, TSC_ADJUST),
	/* An update of a virtual CPU's microcode goes nowhere. */
	ONE(MSR_BIOS_UPDT_TRIG, DENY, EMULATE, NONE, IGNORED),
	ONE(MSR_BIOS_SIGN_ID, EMULATE, EMULATE, NONE, BIOS_SIGN_ID),
	ONE(MSR_PLATFORM_INFO, EMULATE, DENY, NONE, PLATFORM_INFO),
	ONE(MSR_MTRRCAP, EMULATE, DENY, NONE, MTRR),
	/* No CPUID faulting, and no other feature to be turned on. */
	ONE(MSR_MISC_FEATURE_ENABLES, EMULATE, EMULATE, NONE, ZERO),
	RANGE(MSR_SYSENTER_CS, MSR_SYSENTER_EIP, PASS, PASS, BACKEND, NO_WAY),
	ONE(MSR_MCG_CAP, EMULATE, DENY, NONE, ZERO),
	ONE(MSR_MCG_STATUS, EMULATE, EMULATE, NONE, ZERO),
	ONE(MSR_MISC_ENABLE, EMULATE, EMULATE, NONE, MISC_ENABLE),
	/* No branch records, no branch stepping. */
	ONE(MSR_DEBUGCTL, EMULATE, EMULATE, NONE, ZERO),
	RANGE(MSR_MTRR_PHYSBASE0, MSR_MTRR_PHYSMASK(MTRR_MAX_VARIABLE - 1), EMULATE, EMULATE, NONE,
	      MTRR),
	RANGE(MSR_MTRR_FIX64K_00000, MSR_MTRR_FIX4K_F8000, EMULATE, EMULATE, NONE, MTRR),
	ONE(MSR_PAT, EMULATE, EMULATE, NONE, PAT),
	ONE(MSR_MTRR_DEF_TYPE, EMULATE, EMULATE, NONE, MTRR),
	ONE(MSR_TSC_DEADLINE, EMULATE, EMULATE, NONE, TSC_DEADLINE),
	RANGE(MSR_X2APIC_FIRST, MSR_X2APIC_LAST, EMULATE, EMULATE, NONE, X2APIC),
	ONE(MSR_XSS, EMULATE, EMULATE, NONE, XSS),
	RANGE(MSR_KVM_WALL_CLOCK, MSR_KVM_SYSTEM_TIME, EMULATE, EMULATE, NONE, PVCLOCK),
	ONE(MSR_EFER, EMULATE, EMULATE, NONE, EFER),
	RANGE(MSR_STAR, MSR_FMASK, PASS, EXECUTE, MANUAL, NO_WAY),
	RANGE(MSR_FS_BASE, MSR_GS_BASE, PASS, PASS, BACKEND, NO_WAY),
	ONE(MSR_KERNEL_GS_BASE, PASS, PASS, MANUAL, NO_WAY),
	ONE(MSR_TSC_AUX, PASS, EXECUTE, MANUAL, NO_WAY),
};
_Static_assert(ARRAY_SIZE(ranges) <= UINT8_MAX, "msr_state.found has the number of any");

/* The number of the range that holds `index`, or ARRAY_SIZE(ranges). */
static unsigned find(uint32_t index)
{
	unsigned low = 0, high = ARRAY_SIZE(ranges);

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (ranges[middle].last < index)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ARRAY_SIZE(ranges) && ranges[low].first <= index ? low : ARRAY_SIZE(ranges);
}

static bool holds(unsigned n, uint32_t index)
{
	return index - ranges[n].first <= ranges[n].last - ranges[n].first;
}

/* The same for a vCPU, whose accesses repeat themselves. */
static inline unsigned find_again(struct msr_state *state, uint32_t index)
{
	uint8_t *found = &state->found[(index >> 4) % MSR_FOUND];

	if (unlikely(!holds(*found, index))) {
		unsigned n = find(index);

		if (n == ARRAY_SIZE(ranges))
			return n;
		*found = (uint8_t)n;
	}
	return *found;
}

const struct msr_range *msr_policy_range(unsigned n)
{
	return n < ARRAY_SIZE(ranges) ? &ranges[n] : NULL;
}

struct msr_range msr_policy_lookup(uint32_t index)
{
	unsigned n = find(index);

	if (n < ARRAY_SIZE(ranges))
		return ranges[n];
	return (struct msr_range) { .first = index, .last = index };
}

/* --- registers that keep what they are written ------------------------------------------------ */

static bool keeps(unsigned n)
{
	return ways_that_keep & 1u << ranges[n].way;
}

static void remember(struct msr_state *state, uint32_t index, uint64_t value, bool written)
{
	state->memo.rows[index % MSR_MEMO_ROWS] = (struct msr_memo_row) {
		.index = index,
		.written = written,
		.low = (uint32_t)value,
		.high = (uint32_t)(value >> 32),
	};
}

/* What a register holds after a write, accepted or not. */
static void remember_written(struct msr_state *state, const struct msr_inputs *inputs,
			     uint32_t index, unsigned n, const uint64_t *accepted)
{
	uint64_t value = 0;

	if (ways[ranges[n].way].read(state, inputs, index, &value) == MSR_DONE)
		remember(state, index, value, accepted && *accepted == value);
}

/* --- access ----------------------------------------------------------------------------------- */

enum msr_outcome msr_policy_read(struct msr_state *state, const struct msr_inputs *inputs,
				 uint32_t index, uint64_t *value)
{
	unsigned n = find_again(state, index);

	if (n == ARRAY_SIZE(ranges) || ranges[n].read == MSR_DENY || !ways[ranges[n].way].read)
		return MSR_FAULT;
	enum msr_outcome outcome = ways[ranges[n].way].read(state, inputs, index, value);

	if (outcome == MSR_DONE && keeps(n))
		remember(state, index, *value, false);
	return outcome;
}

enum msr_outcome msr_policy_write(struct msr_state *state, const struct msr_inputs *inputs,
				  uint32_t index, uint64_t value, unsigned *changed)
{
	unsigned n = find_again(state, index);

	*changed = 0;
	if (n == ARRAY_SIZE(ranges))
		return MSR_FAULT;
	if (ranges[n].write != MSR_EMULATE)
		return ranges[n].write == MSR_EXECUTE ? MSR_TO_CPU : MSR_FAULT;
	enum msr_outcome outcome = ways[ranges[n].way].write(state, inputs, index, value, changed);

	if (keeps(n))
		remember_written(state, inputs, index, n, outcome == MSR_DONE ? &value : NULL);
	return outcome;
}
