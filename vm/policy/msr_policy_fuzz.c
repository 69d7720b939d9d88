/* A guest that writes any values into any registers: what it can make stay is always something
 * that the hardware may be loaded with. */
#include <stdlib.h>
#include <string.h>

#include "lib/bits.h"
#include "vm/policy/msr_policy.h"
#include "x86/control_registers.h"
#include "x86/msr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_state(const struct msr_state *state, const struct msr_inputs *inputs)
{
	for (unsigned i = 0; i < 8; i++) {
		unsigned type = state->pat >> (8 * i) & 0xff;

		check(type < 8 && type != 2 && type != 3);
	}
	check(!(state->efer & ~inputs->efer_allowed));
	check(!(state->xss & ~inputs->xss_allowed));
	check((state->apic_base & (APIC_BASE_X2APIC | APIC_BASE_ENABLE)) != APIC_BASE_X2APIC);
	check(state->mtrr.capability == (8 | MTRRCAP_FIXED | MTRRCAP_WC));
	check(mtrr_value_valid(&state->mtrr, MSR_MTRR_DEF_TYPE, state->mtrr.default_type));
	check(state->bios_sign_id == BIT(32));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record {
		uint64_t value;
		uint32_t index;
		uint16_t range;
		uint8_t write, cr0;
	} record;
	struct msr_state state;
	struct msr_inputs inputs = {
		.efer_allowed = EFER_SCE | EFER_LME | EFER_NXE,
		.xss_allowed = BIT(8),
		.x2apic = true,
		.xsaves = true,
	};

	msr_state_reset(&state, 0, 40, true);
	for (; size >= sizeof(record); data += sizeof(record), size -= sizeof(record)) {
		const struct msr_range *range;
		unsigned changed, ranges = 0;
		uint64_t value;

		memcpy(&record, data, sizeof(record));
		while (msr_policy_range(ranges))
			ranges++;
		/* Half of them inside the table's ranges. */
		range = msr_policy_range(record.range / 2 % ranges);
		if (record.range & 1)
			record.index =
				range->first + record.index % (range->last - range->first + 1);
		inputs.cr0 = record.cr0 & 1 ? CR0_PG | CR0_PE : 0;
		inputs.host_tsc += 1000;
		inputs.efer = state.efer | (state.efer & EFER_LME && inputs.cr0 ? EFER_LMA : 0);
		if (record.write & 1) {
			struct msr_state before = state;
			enum msr_outcome got = msr_policy_write(&state, &inputs, record.index,
								record.value, &changed);

			if (got == MSR_FAULT || got == MSR_TO_CPU)
				check(!memcmp(&before, &state, offsetof(struct msr_state, found)) &&
				      !changed);
		} else {
			(void)msr_policy_read(&state, &inputs, record.index, &value);
		}
		check_state(&state, &inputs);
	}
	return 0;
}
