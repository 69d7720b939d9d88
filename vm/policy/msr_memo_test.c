/* Of a register's value only that is remembered which the policy would say again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "tests/host/msr_registers.h"
#include "x86/msr.h"

/* Whatever the memo says of a register, the policy says too. */
static void check_memo(uint32_t index)
{
	const struct msr_memo_row *row = msr_memo_find(&msrs.memo, index);
	struct msr_state copy = msrs;
	uint64_t value = 0xdead;

	if (!row)
		return;
	uint64_t told = (uint64_t)row->high << 32 | row->low;

	assert_int_equal(msr_policy_read(&copy, &inputs, index, &value), MSR_DONE);
	assert_int_equal(told, value);
	if (!row->written)
		return;
	assert_int_equal(msr_policy_write(&copy, &inputs, index, told, &changed), MSR_DONE);
	assert_memory_equal(&copy, &msrs, offsetof(struct msr_state, found));
}

/* Values that some register takes, and some that none does. */
static const uint64_t values[] = { 0, 1, BIT(32), 0x0606060606060606, 0xc00, UINT64_MAX };

static void memo_says_what_the_policy_says(void **state)
{
	uint32_t seed = 1;
	unsigned ranges = 0;

	while (msr_policy_range(ranges))
		ranges++;
	check_memo(0);
	for (unsigned i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		const struct msr_range *range = msr_policy_range((seed >> 8) % ranges);
		uint32_t index = range->first + (seed >> 16) % (range->last - range->first + 1);
		uint64_t value = values[seed >> 24 & 3] ^ (seed >> 30 ? 0 : BIT(seed >> 13 & 31));

		if (seed >> 29 & 1)
			(void)msr_policy_read(&msrs, &inputs, index, &value);
		else
			(void)msr_policy_write(&msrs, &inputs, index, value, &changed);
		check_memo(index);
	}
}

static void memo_knows_what_was_written(void **state)
{
	uint64_t value = value_of(MSR_MISC_ENABLE);

	assert_false(msr_memo_find(&msrs.memo, MSR_MISC_ENABLE)->written);
	assert_int_equal(msr_policy_write(&msrs, &inputs, MSR_MISC_ENABLE, value, &changed),
			 MSR_DONE);
	assert_true(msr_memo_find(&msrs.memo, MSR_MISC_ENABLE)->written);
	/* What is refused is not known as accepted, though it holds just that. */
	value = value_of(MSR_BIOS_SIGN_ID);
	assert_int_equal(msr_policy_write(&msrs, &inputs, MSR_BIOS_SIGN_ID, value, &changed),
			 MSR_FAULT);
	assert_false(msr_memo_find(&msrs.memo, MSR_BIOS_SIGN_ID)->written);
	/* Nothing is kept of a register that another one changes, or the time. */
	(void)value_of(MSR_TSC_ADJUST);
	assert_null(msr_memo_find(&msrs.memo, MSR_TSC_ADJUST));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(memo_says_what_the_policy_says, reset),
		cmocka_unit_test_setup(memo_knows_what_was_written, reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
