/* What each emulated model-specific register accepts, refuses and changes. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "tests/host/msr_registers.h"
#include "x86/msr.h"

/* Speeds in multiples of 100 MHz; none where CPUID tells of none. */
static void speeds(void **state)
{
	assert_int_equal(value_of(MSR_PLATFORM_INFO), 0);
	inputs.tsc_khz = 2893500;
	assert_int_equal(value_of(MSR_PLATFORM_INFO), 29ull << 40 | 29 << 8);
	inputs.tsc_khz = 10000; /* a slow emulator: to be measured */
	assert_int_equal(value_of(MSR_PLATFORM_INFO), 1ull << 40);
	inputs.tsc_khz = 2850000;
	assert_int_equal(value_of(MSR_PLATFORM_INFO), 29ull << 40);
	inputs.tsc_khz = UINT32_MAX;
	assert_int_equal(value_of(MSR_PLATFORM_INFO), 0xffull << 40);
}

static void time_stamp_counter(void **state)
{
	msrs.tsc_offset = 50;
	assert_int_equal(value_of(MSR_TSC), 1050);
	write(MSR_TSC, 7);
	assert_int_equal(changed, MSR_CHANGED_TSC_OFFSET);
	assert_int_equal(value_of(MSR_TSC), 7);
	assert_int_equal(value_of(MSR_TSC_ADJUST), 7 - 1050);
	/* Undoing the adjustment brings the old time back. */
	write(MSR_TSC_ADJUST, 0);
	assert_int_equal(changed, MSR_CHANGED_TSC_OFFSET);
	assert_int_equal(value_of(MSR_TSC), 1050);
	uint64_t value;
	read_faults(MSR_TSC_DEADLINE);
	write_faults(MSR_TSC_DEADLINE, 1);
	inputs.tsc_deadline = true;
	assert_int_equal(msr_policy_read(&msrs, &inputs, MSR_TSC_DEADLINE, &value), MSR_TO_BOARD);
	assert_int_equal(msr_policy_write(&msrs, &inputs, MSR_TSC_DEADLINE, 1, &changed),
			 MSR_TO_BOARD);
}

static void mtrrs_after_firmware(void **state)
{
	static const struct {
		uint64_t at;
		enum memory_type type;
	} places[] = {
		{ 0, MEMORY_TYPE_WB },          { 0x9f000, MEMORY_TYPE_WB },
		{ 0xa0000, MEMORY_TYPE_UC },    { 0xbf000, MEMORY_TYPE_UC },
		{ 0xc0000, MEMORY_TYPE_WP },    { 0xff000, MEMORY_TYPE_WP },
		{ 0x100000, MEMORY_TYPE_WB },   { 0xbffff000, MEMORY_TYPE_WB },
		{ 0xc0000000, MEMORY_TYPE_UC }, { 0xfee00000, MEMORY_TYPE_UC },
		{ 0xfffff000, MEMORY_TYPE_UC }, { 0x100000000, MEMORY_TYPE_WB },
	};

	msr_state_after_firmware(&msrs);
	for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
		assert_int_equal(mtrr_type(&msrs.mtrr, hpa(places[i].at)), places[i].type);
	/* What a guest may write back as it read it. */
	write(MSR_MTRR_DEF_TYPE, value_of(MSR_MTRR_DEF_TYPE));
	write(MSR_MTRR_PHYSMASK(0), value_of(MSR_MTRR_PHYSMASK(0)));
	write(MSR_MTRR_FIX4K(7), value_of(MSR_MTRR_FIX4K(7)));
}

static void memory_types(void **state)
{
	assert_int_equal(value_of(MSR_MTRRCAP), 0x508);
	assert_int_equal(value_of(MSR_MTRR_DEF_TYPE), 0);
	write(MSR_MTRR_DEF_TYPE, 0xc06);
	assert_int_equal(value_of(MSR_MTRR_DEF_TYPE), 0xc06);
	write_faults(MSR_MTRR_DEF_TYPE, 0xc02);
	write(MSR_MTRR_PHYSMASK(7), 0xfff0000800);
	assert_int_equal(value_of(MSR_MTRR_PHYSMASK(7)), 0xfff0000800);
	write_faults(MSR_MTRR_PHYSMASK(7), BIT(40));
	write_faults(MSR_MTRR_PHYSBASE(8), 0); /* the capability says eight */
	read_faults(MSR_MTRR_PHYSBASE(8));
	read_faults(0x251); /* between the fixed ones */
	write(MSR_MTRR_FIX4K_F8000, 0x0505050505050505);
	assert_int_equal(value_of(MSR_MTRR_FIX4K_F8000), 0x0505050505050505);

	assert_int_equal(value_of(MSR_PAT), PAT_RESET);
	write(MSR_PAT, 0x0001040506070006);
	assert_int_equal(changed, MSR_CHANGED_PAT);
	assert_int_equal(value_of(MSR_PAT), 0x0001040506070006);
	write_faults(MSR_PAT, 0x02);
	write_faults(MSR_PAT, 0x0300000000000000);
	write_faults(MSR_PAT, 0x0800);
}

static void extended_features(void **state)
{
	inputs.efer = EFER_LME | EFER_LMA;
	inputs.cr0 = CR0_PE | CR0_PG;
	assert_int_equal(value_of(MSR_EFER), EFER_LME | EFER_LMA);
	write(MSR_EFER, EFER_LME | EFER_LMA | EFER_SCE);
	assert_int_equal(changed, MSR_CHANGED_EFER);
	assert_int_equal(msrs.efer, EFER_LME | EFER_SCE);
	write(MSR_EFER, EFER_LME);        /* LMA is not the guest's to clear */
	write_faults(MSR_EFER, EFER_LMA); /* LME while paging */
	write_faults(MSR_EFER, EFER_LME | BIT(1));
	write_faults(MSR_EFER, EFER_LME | BIT(12)); /* the other vendor's */
	inputs.efer_allowed &= ~EFER_NXE;
	write_faults(MSR_EFER, EFER_LME | EFER_NXE);
	inputs.cr0 = CR0_PE;
	write(MSR_EFER, 0);
	msrs.efer = EFER_SCE;
	msr_state_init(&msrs);
	assert_int_equal(msrs.efer, 0);

	write(MSR_XSS, BIT(8));
	assert_int_equal(changed, MSR_CHANGED_XSS);
	assert_int_equal(value_of(MSR_XSS), BIT(8));
	write_faults(MSR_XSS, BIT(11));
	inputs.xsaves = false;
	read_faults(MSR_XSS);
	write_faults(MSR_XSS, 0);
}

static void miscellaneous_enables(void **state)
{
	const uint64_t read_only = MISC_ENABLE_BTS_UNAVAILABLE | MISC_ENABLE_PEBS_UNAVAILABLE;
	const uint64_t every = 0x400c51889; /* every bit that CPUs define */

	assert_int_equal(value_of(MSR_MISC_ENABLE), MISC_ENABLE_FAST_STRINGS | read_only);
	for (unsigned bit = 0; bit < 64; bit++) {
		if (!(every & BIT(bit))) {
			write_faults(MSR_MISC_ENABLE, BIT(bit));
			continue;
		}
		write(MSR_MISC_ENABLE, BIT(bit));
		assert_int_equal(value_of(MSR_MISC_ENABLE), BIT(bit) | read_only);
	}
	write(MSR_MISC_ENABLE, every);
	assert_int_equal(value_of(MSR_MISC_ENABLE), every);
	write(MSR_MISC_ENABLE, 0);
	assert_int_equal(changed, MSR_CHANGED_MISC_ENABLE);
	assert_int_equal(value_of(MSR_MISC_ENABLE), read_only);
}

/* A firmware may have turned them off; who wants them turns them on. */
static void fast_strings_of_the_cpu(void **state)
{
	msr_state_reset(&msrs, 0, 40, false);
	assert_false(value_of(MSR_MISC_ENABLE) & MISC_ENABLE_FAST_STRINGS);
	write(MSR_MISC_ENABLE, MISC_ENABLE_FAST_STRINGS);
	assert_true(value_of(MSR_MISC_ENABLE) & MISC_ENABLE_FAST_STRINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(speeds, reset),
		cmocka_unit_test_setup(time_stamp_counter, reset),
		cmocka_unit_test_setup(mtrrs_after_firmware, reset),
		cmocka_unit_test_setup(memory_types, reset),
		cmocka_unit_test_setup(extended_features, reset),
		cmocka_unit_test_setup(miscellaneous_enables, reset),
		cmocka_unit_test_setup(fast_strings_of_the_cpu, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
