/* The table of model-specific registers that guests may touch, and the way from an index to its
 * range. What the emulated ones do is in vm/policy/msr_emulate.c. */
#include "vm/policy/msr_policy.h"

#include "vm/policy/msr_emulate.h"
#include "x86/msr.h"

/* X(first, last, read, write, switched, name, read function, write function) */
#define RANGE_LIST(X)                                                                            \
	/* Machine checks that no guest has: zero. */                                            \
	X(MSR_P5_MC_ADDR, MSR_P5_MC_TYPE, EMULATE, EMULATE, NONE, "P5_MC", msr_read_zero,        \
	  msr_write_zero)                                                                        \
	/* The hardware adds the offset when a guest reads it. */                                \
	X(MSR_TSC, MSR_TSC, PASS, EMULATE, BACKEND, "TSC", msr_read_tsc, msr_write_tsc)          \
	X(MSR_KVM_WALL_CLOCK_OLD, MSR_KVM_SYSTEM_TIME_OLD, EMULATE, EMULATE, NONE, "PVCLOCK",    \
	  msr_read_pvclock, msr_write_pvclock)                                                   \
	X(MSR_PLATFORM_ID, MSR_PLATFORM_ID, EMULATE, DENY, NONE, "PLATFORM_ID", msr_read_zero,   \
	  NULL)                                                                                  \
	X(MSR_APIC_BASE, MSR_APIC_BASE, EMULATE, EMULATE, NONE, "APIC_BASE", msr_read_apic_base, \
	  msr_write_apic_base)                                                                   \
	/* There is no system-management mode. */                                                \
	X(MSR_SMI_COUNT, MSR_SMI_COUNT, EMULATE, DENY, NONE, "SMI_COUNT", msr_read_zero, NULL)   \
	X(MSR_FEATURE_CONTROL, MSR_FEATURE_CONTROL, EMULATE, DENY, NONE, "FEATURE_CONTROL",      \
	  msr_read_feature_control, NULL)                                                        \
	X(MSR_TSC_ADJUST, MSR_TSC_ADJUST, EMULATE, EMULATE, NONE, "TSC_ADJUST",                  \
	  msr_read_tsc_adjust, msr_write_tsc_adjust)                                             \
	/* An update of a virtual CPU's microcode goes nowhere. */                               \
	X(MSR_BIOS_UPDT_TRIG, MSR_BIOS_UPDT_TRIG, DENY, EMULATE, NONE, "BIOS_UPDT_TRIG", NULL,   \
	  msr_write_ignored)                                                                     \
	X(MSR_BIOS_SIGN_ID, MSR_BIOS_SIGN_ID, EMULATE, EMULATE, NONE, "BIOS_SIGN_ID",            \
	  msr_read_bios_sign_id, msr_write_zero)                                                 \
	X(MSR_PLATFORM_INFO, MSR_PLATFORM_INFO, EMULATE, DENY, NONE, "PLATFORM_INFO",            \
	  msr_read_platform_info, NULL)                                                          \
	X(MSR_MTRRCAP, MSR_MTRRCAP, EMULATE, DENY, NONE, "MTRRCAP", msr_read_mtrr, NULL)         \
	/* No CPUID faulting, and no other feature to be turned on. */                           \
	X(MSR_MISC_FEATURE_ENABLES, MSR_MISC_FEATURE_ENABLES, EMULATE, EMULATE, NONE,            \
	  "MISC_FEATURE_ENABLES", msr_read_zero, msr_write_zero)                                 \
	X(MSR_SYSENTER_CS, MSR_SYSENTER_EIP, PASS, PASS, BACKEND, "SYSENTER", NULL, NULL)        \
	X(MSR_MCG_CAP, MSR_MCG_CAP, EMULATE, DENY, NONE, "MCG_CAP", msr_read_zero, NULL)         \
	X(MSR_MCG_STATUS, MSR_MCG_STATUS, EMULATE, EMULATE, NONE, "MCG_STATUS", msr_read_zero,   \
	  msr_write_zero)                                                                        \
	X(MSR_MISC_ENABLE, MSR_MISC_ENABLE, EMULATE, EMULATE, NONE, "MISC_ENABLE",               \
	  msr_read_misc_enable, msr_write_misc_enable)                                           \
	/* No branch records, no branch stepping. */                                             \
	X(MSR_DEBUGCTL, MSR_DEBUGCTL, EMULATE, EMULATE, NONE, "DEBUGCTL", msr_read_zero,         \
	  msr_write_zero)                                                                        \
	X(MSR_MTRR_PHYSBASE0, MSR_MTRR_PHYSMASK(MTRR_MAX_VARIABLE - 1), EMULATE, EMULATE, NONE,  \
	  "MTRR_PHYS", msr_read_mtrr, msr_write_mtrr)                                            \
	X(MSR_MTRR_FIX64K_00000, MSR_MTRR_FIX4K_F8000, EMULATE, EMULATE, NONE, "MTRR_FIX",       \
	  msr_read_mtrr, msr_write_mtrr)                                                         \
	X(MSR_PAT, MSR_PAT, EMULATE, EMULATE, NONE, "PAT", msr_read_pat, msr_write_pat)          \
	X(MSR_MTRR_DEF_TYPE, MSR_MTRR_DEF_TYPE, EMULATE, EMULATE, NONE, "MTRR_DEF_TYPE",         \
	  msr_read_mtrr, msr_write_mtrr)                                                         \
	X(MSR_TSC_DEADLINE, MSR_TSC_DEADLINE, EMULATE, EMULATE, NONE, "TSC_DEADLINE",            \
	  msr_read_tsc_deadline, msr_write_tsc_deadline)                                         \
	X(MSR_X2APIC_FIRST, MSR_X2APIC_LAST, EMULATE, EMULATE, NONE, "X2APIC", msr_read_x2apic,  \
	  msr_write_x2apic)                                                                      \
	X(MSR_XSS, MSR_XSS, EMULATE, EMULATE, NONE, "XSS", msr_read_xss, msr_write_xss)          \
	X(MSR_KVM_WALL_CLOCK, MSR_KVM_SYSTEM_TIME, EMULATE, EMULATE, NONE, "PVCLOCK",            \
	  msr_read_pvclock, msr_write_pvclock)                                                   \
	X(MSR_EFER, MSR_EFER, EMULATE, EMULATE, NONE, "EFER", msr_read_efer, msr_write_efer)     \
	X(MSR_STAR, MSR_FMASK, PASS, EXECUTE, MANUAL, "SYSCALL", NULL, NULL)                     \
	X(MSR_FS_BASE, MSR_GS_BASE, PASS, PASS, BACKEND, "FS_GS_BASE", NULL, NULL)               \
	X(MSR_KERNEL_GS_BASE, MSR_KERNEL_GS_BASE, PASS, PASS, MANUAL, "KERNEL_GS_BASE", NULL,    \
	  NULL)                                                                                  \
	X(MSR_TSC_AUX, MSR_TSC_AUX, PASS, EXECUTE, MANUAL, "TSC_AUX", NULL, NULL)

static const struct msr_range ranges[] = {
#define X(first, last, read, write, switched, name, reader, writer) \
	{ (first), (last), MSR_##read, MSR_##write, MSR_SWITCH_##switched, (name) },
	RANGE_LIST(X)
#undef X
};

static const struct {
	msr_reader read;
	msr_writer write;
} emulators[] = {
#define X(first, last, read, write, switched, name, reader, writer) { (reader), (writer) },
	RANGE_LIST(X)
#undef X
};
_Static_assert(ARRAY_SIZE(ranges) == ARRAY_SIZE(emulators), "one pair of functions a range");
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
	return (struct msr_range) { .first = index, .last = index, .name = "denied" };
}

/* --- registers that keep what they are written ------------------------------------------------ */

/* Do the registers of range `n` give the same until they themselves are written, and do they take what
 * they hold without further effect? */
static bool keeps(unsigned n)
{
	msr_reader read = emulators[n].read;

	return read == msr_read_zero || read == msr_read_misc_enable || read == msr_read_mtrr ||
	       read == msr_read_pat || read == msr_read_bios_sign_id ||
	       read == msr_read_feature_control || read == msr_read_platform_info;
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

	if (emulators[n].read(state, inputs, index, &value) == MSR_DONE)
		remember(state, index, value, accepted && *accepted == value);
}

/* --- access ----------------------------------------------------------------------------------- */

enum msr_outcome msr_policy_read(struct msr_state *state, const struct msr_inputs *inputs,
				 uint32_t index, uint64_t *value)
{
	unsigned n = find_again(state, index);

	if (n == ARRAY_SIZE(ranges) || !emulators[n].read)
		return MSR_FAULT;
	enum msr_outcome outcome = emulators[n].read(state, inputs, index, value);

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
	if (!emulators[n].write)
		return ranges[n].write == MSR_EXECUTE ? MSR_TO_CPU : MSR_FAULT;
	enum msr_outcome outcome = emulators[n].write(state, inputs, index, value, changed);

	if (keeps(n))
		remember_written(state, inputs, index, n, outcome == MSR_DONE ? &value : NULL);
	return outcome;
}
