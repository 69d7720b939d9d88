/* Emulated model-specific registers: what each accepts and does. SDM volume 4, "IA-32
 * Architectural MSRs", and the sections named below. */
#include "vm/policy/msr_emulate.h"

#include "lib/bits.h"
#include "x86/control_registers.h"
#include "x86/msr.h"

#define READER(name)                                                                      \
	enum msr_outcome msr_read_##name(const struct msr_state *state,                   \
					 const struct msr_inputs *inputs, uint32_t index, \
					 uint64_t *value)
#define WRITER(name)                                                                       \
	enum msr_outcome msr_write_##name(struct msr_state *state,                         \
					  const struct msr_inputs *inputs, uint32_t index, \
					  uint64_t value, unsigned *changed)

#define APIC_BASE_RESET    0xfee00000ull
/* A microcode revision, in the upper half: some revision is loaded. */
#define BIOS_SIGN_ID_RESET BIT(32)
/* Bits that keep what is written. Fast strings, the CPUID limit and XD reach the guest through
 * CPUID; the others govern what a virtual CPU has not. PERF_MONITORING, read-only where there are
 * counters, is among them: who writes what such a CPU holds reads it back. */
#define MISC_ENABLE_STORED                                                                       \
	(MISC_ENABLE_FAST_STRINGS | MISC_ENABLE_THERMAL_CONTROL | MISC_ENABLE_PERF_MONITORING |  \
	 MISC_ENABLE_ENHANCED_SPEEDSTEP | MISC_ENABLE_MONITOR | MISC_ENABLE_LIMIT_CPUID_MAXVAL | \
	 MISC_ENABLE_XTPR_DISABLE | MISC_ENABLE_XD_DISABLE)
/* Read-only bits: what is written to them is ignored. */
#define MISC_ENABLE_READ_ONLY (MISC_ENABLE_BTS_UNAVAILABLE | MISC_ENABLE_PEBS_UNAVAILABLE)
#define MTRR_GUEST_RANGES     8
#define MTRR_FIX4K_COUNT      8

void msr_state_reset(struct msr_state *state, unsigned vcpu_id, unsigned address_bits,
		     bool fast_strings)
{
	*state = (struct msr_state) {
		.pat = PAT_RESET,
		.apic_base =
			APIC_BASE_RESET | APIC_BASE_ENABLE | (vcpu_id == 0 ? APIC_BASE_BSP : 0),
		.misc_enable =
			MISC_ENABLE_READ_ONLY | (fast_strings ? MISC_ENABLE_FAST_STRINGS : 0),
		.bios_sign_id = BIOS_SIGN_ID_RESET,
		.mtrr = { .supported = true,
			  .address_bits = address_bits,
			  .capability = MTRR_GUEST_RANGES | MTRRCAP_FIXED | MTRRCAP_WC },
	};
}

#define DEVICE_HOLE      0xc0000000ull
#define DEVICE_HOLE_SIZE GIB(1)
#define EVERY_BYTE(type) (0x0101010101010101ull * (type))

static void set_mtrr(struct msr_state *state, uint32_t index, uint64_t value)
{
	uint64_t *place = mtrr_register(&state->mtrr, index);

	if (place)
		*place = value;
}

void msr_state_after_firmware(struct msr_state *state)
{
	uint64_t addresses = BIT(state->mtrr.address_bits) - 1;

	set_mtrr(state, MSR_MTRR_FIX64K_00000, EVERY_BYTE(MEMORY_TYPE_WB));
	set_mtrr(state, MSR_MTRR_FIX16K_80000, EVERY_BYTE(MEMORY_TYPE_WB));
	set_mtrr(state, MSR_MTRR_FIX16K_A0000, EVERY_BYTE(MEMORY_TYPE_UC));
	for (unsigned i = 0; i < MTRR_FIX4K_COUNT; i++)
		set_mtrr(state, MSR_MTRR_FIX4K(i), EVERY_BYTE(MEMORY_TYPE_WP));
	set_mtrr(state, MSR_MTRR_PHYSBASE(0), DEVICE_HOLE | MEMORY_TYPE_UC);
	set_mtrr(state, MSR_MTRR_PHYSMASK(0),
		 (addresses & ~(DEVICE_HOLE_SIZE - 1)) | MTRR_PHYSMASK_VALID);
	set_mtrr(state, MSR_MTRR_DEF_TYPE,
		 MTRR_DEF_ENABLE | MTRR_DEF_FIXED_ENABLE | MEMORY_TYPE_WB);
}

void msr_state_init(struct msr_state *state)
{
	state->efer = 0;
}

READER(zero)
{
	*value = 0;
	return MSR_DONE;
}

WRITER(zero)
{
	return value ? MSR_FAULT : MSR_DONE;
}

WRITER(ignored)
{
	return MSR_DONE;
}

/* Firmware has locked it without allowing virtualization. */
READER(feature_control)
{
	*value = FEATURE_CONTROL_LOCK;
	return MSR_DONE;
}

#define PLATFORM_BUS_KHZ      100000u
#define PLATFORM_RATIO_TSC    BITS(15, 8)  /* the most without turbo: the rate of the TSC */
#define PLATFORM_RATIO_LOWEST BITS(47, 40) /* the most efficient */

/* SDM volume 4, MSR_PLATFORM_INFO: speeds in multiples of 100 MHz. Kernels take the TSC's rate from it,
 * and measure where it says 0: a ratio that is no whole number is not told. */
READER(platform_info)
{
	uint64_t ratio = ((uint64_t)inputs->tsc_khz + PLATFORM_BUS_KHZ / 2) / PLATFORM_BUS_KHZ;
	uint64_t told = ratio * PLATFORM_BUS_KHZ;
	uint64_t off = told > inputs->tsc_khz ? told - inputs->tsc_khz : inputs->tsc_khz - told;
	uint64_t lowest = inputs->tsc_khz && !ratio ? 1 : ratio;

	if (off > inputs->tsc_khz / 100)
		ratio = 0;
	*value = field_put(PLATFORM_RATIO_TSC, ratio > UINT8_MAX ? 0 : ratio) |
		 field_put(PLATFORM_RATIO_LOWEST, lowest > UINT8_MAX ? UINT8_MAX : lowest);
	return MSR_DONE;
}

READER(pvclock)
{
	return inputs->pvclock ? MSR_TO_BOARD : MSR_FAULT;
}

WRITER(pvclock)
{
	return inputs->pvclock ? MSR_TO_BOARD : MSR_FAULT;
}

READER(bios_sign_id)
{
	*value = state->bios_sign_id;
	return MSR_DONE;
}

/* --- time: SDM volume 3, "Time-Stamp Counter Adjustment" ------------------------------------- */

READER(tsc)
{
	*value = inputs->host_tsc + state->tsc_offset;
	return MSR_DONE;
}

WRITER(tsc)
{
	uint64_t offset = value - inputs->host_tsc;

	state->tsc_adjust += offset - state->tsc_offset;
	state->tsc_offset = offset;
	*changed = MSR_CHANGED_TSC_OFFSET;
	return MSR_DONE;
}

READER(tsc_adjust)
{
	*value = state->tsc_adjust;
	return MSR_DONE;
}

WRITER(tsc_adjust)
{
	state->tsc_offset += value - state->tsc_adjust;
	state->tsc_adjust = value;
	*changed = MSR_CHANGED_TSC_OFFSET;
	return MSR_DONE;
}

READER(tsc_deadline)
{
	return inputs->controllers || inputs->tsc_deadline ? MSR_TO_BOARD : MSR_FAULT;
}

WRITER(tsc_deadline)
{
	return inputs->controllers || inputs->tsc_deadline ? MSR_TO_BOARD : MSR_FAULT;
}

/* --- the local APIC: SDM volume 3, "x2APIC State Transitions" and "x2APIC Register Address
 * Space" ------------------------------------------------------------------------------------- */

READER(apic_base)
{
	*value = state->apic_base;
	return inputs->local_apic ? MSR_DONE : MSR_FAULT;
}

WRITER(apic_base)
{
	uint64_t address_bits = APIC_BASE_ADDRESS & (BIT(state->mtrr.address_bits) - 1);
	uint64_t defined = address_bits | APIC_BASE_ENABLE | APIC_BASE_BSP;
	bool was_on = state->apic_base & APIC_BASE_ENABLE;
	bool was_x2 = state->apic_base & APIC_BASE_X2APIC;
	bool on = value & APIC_BASE_ENABLE, x2 = value & APIC_BASE_X2APIC;

	if (inputs->x2apic)
		defined |= APIC_BASE_X2APIC;
	if (!inputs->local_apic || (value & ~defined) || (x2 && !on))
		return MSR_FAULT;
	if ((was_x2 && on && !x2) || (!was_on && x2))
		return MSR_FAULT;
	state->apic_base = value;
	*changed = MSR_CHANGED_APIC_BASE;
	return MSR_DONE;
}

enum { X2_READ = 1, X2_WRITE = 2 };

#define X2APIC_PPR        0x80a
#define X2APIC_ISR_FIRST  0x810 /* ISR, TMR and IRR, eight registers each */
#define X2APIC_IRR_LAST   0x827
#define X2APIC_LVT_FIRST  0x832 /* six local vector table entries and the initial count */
#define X2APIC_LVT_LAST   0x838
#define X2APIC_CMCI       0x82f
#define X2APIC_COUNT      0x839
#define X2APIC_DIVIDE     0x83e
#define X2APIC_VERSION    0x00050014ull /* integrated, six LVT entries */
#define ICR_RESERVED      (BITS(31, 20) | BITS(17, 16) | BIT(13) | BIT(12))
#define SELF_IPI_RESERVED BITS(63, 8)

/* How register `index` of an APIC in x2APIC mode may be accessed. */
static unsigned x2apic_access(uint32_t index)
{
	if ((index >= X2APIC_ISR_FIRST && index <= X2APIC_IRR_LAST) || index == X2APIC_PPR ||
	    index == X2APIC_COUNT || index == MSR_X2APIC_APICID || index == MSR_X2APIC_VERSION ||
	    index == MSR_X2APIC_LDR)
		return X2_READ;
	if (index == MSR_X2APIC_EOI || index == MSR_X2APIC_SELF_IPI)
		return X2_WRITE;
	if ((index >= X2APIC_LVT_FIRST && index <= X2APIC_LVT_LAST) || index == X2APIC_CMCI ||
	    index == X2APIC_DIVIDE || index == MSR_X2APIC_TPR || index == MSR_X2APIC_SIVR ||
	    index == MSR_X2APIC_ESR || index == MSR_X2APIC_ICR)
		return X2_READ | X2_WRITE;
	return 0;
}

static bool in_x2apic_mode(const struct msr_state *state)
{
	return (state->apic_base & APIC_BASE_ENABLE) && (state->apic_base & APIC_BASE_X2APIC);
}

READER(x2apic)
{
	if (inputs->controllers)
		return MSR_TO_BOARD;
	if (!in_x2apic_mode(state) || !(x2apic_access(index) & X2_READ))
		return MSR_FAULT;
	switch (index) {
	case MSR_X2APIC_APICID:
		*value = inputs->vcpu_id;
		return MSR_DONE;
	case MSR_X2APIC_VERSION:
		*value = X2APIC_VERSION;
		return MSR_DONE;
	case MSR_X2APIC_LDR: /* a cluster of 16 and a bit in it */
		*value = (uint64_t)(inputs->vcpu_id >> 4) << 16 | BIT(inputs->vcpu_id & 15);
		return MSR_DONE;
	case MSR_X2APIC_ICR:
		*value = state->icr;
		return MSR_DONE;
	}
	return MSR_TO_BOARD;
}

WRITER(x2apic)
{
	if (inputs->controllers)
		return MSR_TO_BOARD;
	if (!in_x2apic_mode(state) || !(x2apic_access(index) & X2_WRITE))
		return MSR_FAULT;
	if ((index == MSR_X2APIC_ICR && (value & ICR_RESERVED)) ||
	    (index == MSR_X2APIC_SELF_IPI && (value & SELF_IPI_RESERVED)))
		return MSR_FAULT;
	if ((index == MSR_X2APIC_EOI || index == MSR_X2APIC_ESR) && value)
		return MSR_FAULT;
	if (index == MSR_X2APIC_ICR)
		state->icr = value;
	else if (value >> 32)
		return MSR_FAULT;
	return MSR_TO_BOARD;
}

/* --- memory types ---------------------------------------------------------------------------- */

READER(mtrr)
{
	const uint64_t *place = mtrr_register((struct mtrr_state *)&state->mtrr, index);

	if (!place)
		return MSR_FAULT;
	*value = *place;
	return MSR_DONE;
}

WRITER(mtrr)
{
	uint64_t *place = mtrr_register(&state->mtrr, index);

	if (!place || !mtrr_value_valid(&state->mtrr, index, value))
		return MSR_FAULT;
	*place = value;
	return MSR_DONE;
}

READER(pat)
{
	*value = state->pat;
	return MSR_DONE;
}

/* SDM volume 3, "IA32_PAT MSR": eight entries of three bits; encodings 2 and 3 are reserved. */
WRITER(pat)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = value >> (8 * i) & 0xff;

		if (type > MEMORY_TYPE_UC_MINUS || type == 2 || type == 3)
			return MSR_FAULT;
	}
	state->pat = value;
	*changed = MSR_CHANGED_PAT;
	return MSR_DONE;
}

/* --- features -------------------------------------------------------------------------------- */

READER(misc_enable)
{
	*value = state->misc_enable;
	return MSR_DONE;
}

/* SDM volume 4, "IA-32 Architectural MSRs", IA32_MISC_ENABLE. */
WRITER(misc_enable)
{
	if (value & ~(MISC_ENABLE_STORED | MISC_ENABLE_READ_ONLY))
		return MSR_FAULT;
	state->misc_enable =
		(value & MISC_ENABLE_STORED) | (state->misc_enable & MISC_ENABLE_READ_ONLY);
	*changed = MSR_CHANGED_MISC_ENABLE;
	return MSR_DONE;
}

READER(efer)
{
	*value = inputs->efer;
	return MSR_DONE;
}

/* SDM volume 3, "Initializing IA-32e Mode": LME may not change while paging is on; LMA is the
 * CPU's own. */
WRITER(efer)
{
	uint64_t wanted = value & ~EFER_LMA;

	if (wanted & ~inputs->efer_allowed)
		return MSR_FAULT;
	if ((inputs->cr0 & CR0_PG) && ((wanted ^ inputs->efer) & EFER_LME))
		return MSR_FAULT;
	state->efer = wanted;
	*changed = MSR_CHANGED_EFER;
	return MSR_DONE;
}

READER(xss)
{
	*value = state->xss;
	return inputs->xsaves ? MSR_DONE : MSR_FAULT;
}

WRITER(xss)
{
	if (!inputs->xsaves || (value & ~inputs->xss_allowed))
		return MSR_FAULT;
	state->xss = value;
	*changed = MSR_CHANGED_XSS;
	return MSR_DONE;
}
