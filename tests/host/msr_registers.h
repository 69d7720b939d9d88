/* The emulated model-specific registers of a vCPU, for tests of what reads and writes them. */
#ifndef TESTS_HOST_MSR_REGISTERS_H
#define TESTS_HOST_MSR_REGISTERS_H

#include "lib/bits.h"
#include "vm/policy/msr_policy.h"
#include "x86/control_registers.h"

static struct msr_state msrs;
static struct msr_inputs inputs;
static unsigned changed;

static int reset(void **state)
{
	msr_state_reset(&msrs, 0, 40, true);
	inputs = (struct msr_inputs) {
		.host_tsc = 1000,
		.efer_allowed = EFER_SCE | EFER_LME | EFER_NXE,
		.xss_allowed = BIT(8),
		.vcpu_id = 0x25,
		.local_apic = true,
		.x2apic = true,
		.xsaves = true,
	};
	return 0;
}

static uint64_t value_of(uint32_t index)
{
	uint64_t value = 0xdead;

	assert_int_equal(msr_policy_read(&msrs, &inputs, index, &value), MSR_DONE);
	return value;
}

static inline void read_faults(uint32_t index)
{
	uint64_t value;

	assert_int_equal(msr_policy_read(&msrs, &inputs, index, &value), MSR_FAULT);
}

static inline void write(uint32_t index, uint64_t value)
{
	assert_int_equal(msr_policy_write(&msrs, &inputs, index, value, &changed), MSR_DONE);
}

static inline void write_faults(uint32_t index, uint64_t value)
{
	struct msr_state before = msrs;

	assert_int_equal(msr_policy_write(&msrs, &inputs, index, value, &changed), MSR_FAULT);
	/* Registers; where they are found is not one. */
	assert_memory_equal(&before, &msrs, offsetof(struct msr_state, found));
	assert_int_equal(changed, 0);
}

#endif
