/* Who answers for a model-specific register: the table's order, deny by default, what is the board's, and in
 * which modes of the local APIC. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "tests/host/msr_registers.h"
#include "x86/msr.h"

static void table_is_sorted_and_consistent(void **state)
{
	const struct msr_range *range, *before = NULL;
	unsigned n;

	for (n = 0; (range = msr_policy_range(n)); n++) {
		assert_true(range->first <= range->last);
		assert_true(!before || before->last < range->first);
		/* What is passed is switched by somebody; what is not, is not. */
		assert_int_equal(range->read == MSR_PASS || range->write == MSR_PASS,
				 range->switched != MSR_SWITCH_NONE);
		assert_int_equal(msr_policy_lookup(range->first).first, range->first);
		assert_int_equal(msr_policy_lookup(range->last).first, range->first);
		before = range;
	}
	assert_true(n > 20);
	/* The registers switched by hand are exactly those of the list. */
	unsigned manual = 0;
#define X(symbol, index, name)                                                  \
	assert_int_equal(msr_policy_lookup(index).switched, MSR_SWITCH_MANUAL); \
	manual++;
	MSR_MANUAL_LIST(X)
#undef X
	for (n = 0; (range = msr_policy_range(n)); n++)
		if (range->switched == MSR_SWITCH_MANUAL)
			manual -= range->last - range->first + 1;
	assert_int_equal(manual, 0);
}

/* Their values are known without a look at the CPU: but for one, which SWAPGS changes. */
static void writes_of_what_is_switched_are_seen(void **state)
{
	struct msr_state before;

#define X(symbol, index, name)                                                              \
	before = msrs;                                                                      \
	assert_int_equal(msr_policy_lookup(index).read, MSR_PASS);                          \
	if ((symbol) == MSR_MANUAL_KERNEL_GS_BASE) {                                        \
		assert_int_equal(msr_policy_lookup(index).write, MSR_PASS);                 \
	} else {                                                                            \
		assert_int_equal(msr_policy_write(&msrs, &inputs, index, 0x1234, &changed), \
				 MSR_TO_CPU);                                               \
		assert_memory_equal(&msrs, &before, offsetof(struct msr_state, found));     \
		assert_int_equal(changed, 0);                                               \
	}
	MSR_MANUAL_LIST(X)
#undef X
}

static void what_is_not_listed_is_denied(void **state)
{
	static const uint32_t denied[] = {
		0x48,       0x49,       0xc1,       0x10a,      0x186,      0x38f,      0x400,
		0x480,      0x48f,      0x491,      0x560,      0xd90,      0x1fff,     0x2000,
		0x40000000, 0xbfffffff, 0xc0000079, 0xc0000104, 0xc0001fff, 0xc0010117, 0xffffffff
	};

	for (unsigned i = 0; i < ARRAY_SIZE(denied); i++) {
		struct msr_range range = msr_policy_lookup(denied[i]);

		assert_int_equal(range.read, MSR_DENY);
		assert_int_equal(range.write, MSR_DENY);
		assert_int_equal(range.first, denied[i]);
		read_faults(denied[i]);
		write_faults(denied[i], 0);
	}
}

static void read_only_ones_refuse_writes(void **state)
{
	static const uint32_t fixed[] = { MSR_PLATFORM_ID, MSR_PLATFORM_INFO, MSR_MTRRCAP,
					  MSR_MCG_CAP };
	for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++) {
		value_of(fixed[i]);
		write_faults(fixed[i], 0);
	}
	write_faults(MSR_MCG_STATUS, 1);
	write(MSR_MCG_STATUS, 0);
	write_faults(MSR_DEBUGCTL, 1);
	write(MSR_DEBUGCTL, 0);
	write(MSR_BIOS_SIGN_ID, 0);
	assert_int_equal(value_of(MSR_BIOS_SIGN_ID), BIT(32));
	/* Registers of the hardware's are no business of emulation. */
	read_faults(MSR_LSTAR);
	write_faults(MSR_FS_BASE, 0);
}

static void apic_modes(void **state)
{
	uint64_t xapic = 0xfee00900, x2apic = 0xfee00d00;

	assert_int_equal(value_of(MSR_APIC_BASE), xapic);
	write_faults(MSR_APIC_BASE, xapic | 1);
	write_faults(MSR_APIC_BASE, xapic | BIT(9));
	write_faults(MSR_APIC_BASE, xapic | BIT(40));
	write_faults(MSR_APIC_BASE, 0xfee00500); /* x2APIC without the APIC */
	read_faults(MSR_X2APIC_APICID);
	write_faults(MSR_X2APIC_ICR, 0);
	write(MSR_APIC_BASE, x2apic);
	assert_int_equal(changed, MSR_CHANGED_APIC_BASE);
	assert_int_equal(value_of(MSR_X2APIC_APICID), 0x25);
	assert_int_equal(value_of(MSR_X2APIC_LDR), 0x20020);
	write_faults(MSR_APIC_BASE, xapic); /* only through off */
	write(MSR_APIC_BASE, 0xfee00000);
	write_faults(MSR_APIC_BASE, x2apic); /* only through on */
	write(MSR_APIC_BASE, xapic);
	inputs.x2apic = false;
	write_faults(MSR_APIC_BASE, x2apic);
	msr_state_reset(&msrs, 1, 40, true);
	assert_int_equal(value_of(MSR_APIC_BASE), 0xfee00800);
}

/* What kernels probe without asking CPUID first. */
static void probed_registers(void **state)
{
	uint64_t value;

	assert_int_equal(value_of(MSR_SMI_COUNT), 0);
	write_faults(MSR_SMI_COUNT, 0);
	assert_int_equal(value_of(MSR_FEATURE_CONTROL), 1);
	write_faults(MSR_FEATURE_CONTROL, 5);
	read_faults(MSR_BIOS_UPDT_TRIG);
	write(MSR_BIOS_UPDT_TRIG, 0x12345678);
	assert_int_equal(value_of(MSR_MISC_FEATURE_ENABLES), 0);
	write_faults(MSR_MISC_FEATURE_ENABLES, 1);
	/* Performance counters, energy, AMD's: there are none. */
	static const uint32_t absent[] = { 0x0c1, 0x0e7, 0x0e8, 0x186, 0x1b0,      0x38d,
					   0x38f, 0x606, 0x611, 0x122, 0xc0010015, 0xc001001f };
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++) {
		read_faults(absent[i]);
		write_faults(absent[i], 0);
	}
	read_faults(MSR_KVM_SYSTEM_TIME);
	write_faults(MSR_KVM_WALL_CLOCK_OLD, 0x1001);
	inputs.pvclock = true;
	assert_int_equal(msr_policy_read(&msrs, &inputs, MSR_KVM_SYSTEM_TIME, &value),
			 MSR_TO_BOARD);
	assert_int_equal(msr_policy_write(&msrs, &inputs, MSR_KVM_WALL_CLOCK_OLD, 0x1001, &changed),
			 MSR_TO_BOARD);
}

/* The board knows the registers' rules, in every mode. */
static void controllers_decide(void **state)
{
	static const uint32_t indexes[] = { 0x800, MSR_X2APIC_APICID, MSR_X2APIC_ICR, 0x8ff,
					    MSR_TSC_DEADLINE };
	uint64_t value;

	inputs.controllers = true;
	for (unsigned i = 0; i < ARRAY_SIZE(indexes); i++) {
		assert_int_equal(msr_policy_read(&msrs, &inputs, indexes[i], &value), MSR_TO_BOARD);
		assert_int_equal(msr_policy_write(&msrs, &inputs, indexes[i], UINT64_MAX, &changed),
				 MSR_TO_BOARD);
	}
	/* The mode is still checked here. */
	write_faults(MSR_APIC_BASE, 0xfee00500);
	inputs.local_apic = false;
	read_faults(MSR_APIC_BASE);
	write_faults(MSR_APIC_BASE, 0xfee00900);
}

/* What is the board's without being asked for is so when it is, in any mode and for any value. */
static void what_is_the_boards(void **state)
{
	static const uint64_t bases[] = { 0xfee00000, 0xfee00800, 0xfee00c00 };
	static const uint64_t values[] = { 0, 0xff, 0x100000000, UINT64_MAX };
	unsigned found = 0;

	for (uint32_t index = 0; index < 0x2000; index++)
		assert_false(msr_policy_is_boards(&inputs, index));
	inputs.controllers = true;
	assert_false(msr_policy_is_boards(&inputs, MSR_EFER));
	for (unsigned i = 0; i < ARRAY_SIZE(bases) * ARRAY_SIZE(values); i++) {
		msrs.apic_base = bases[i % ARRAY_SIZE(bases)];
		for (uint32_t index = 0; index < 0x2000; index++) {
			if (!msr_policy_is_boards(&inputs, index))
				continue;
			found++;
			assert_int_equal(msr_policy_write(&msrs, &inputs, index,
							  values[i / ARRAY_SIZE(bases)], &changed),
					 MSR_TO_BOARD);
			assert_int_equal(changed, 0);
		}
	}
	assert_int_equal(found, 0x101 * ARRAY_SIZE(bases) * ARRAY_SIZE(values));
}

static void x2apic_registers(void **state)
{
	uint64_t value;

	write(MSR_APIC_BASE, 0xfee00d00);
	/* INIT to APIC 1: the board's. */
	assert_int_equal(msr_policy_write(&msrs, &inputs, MSR_X2APIC_ICR, 0x10000c500, &changed),
			 MSR_TO_BOARD);
	assert_int_equal(value_of(MSR_X2APIC_ICR), 0x10000c500);
	for (unsigned bit = 0; bit < 32; bit++)
		if (bit == 12 || bit == 13 || bit == 16 || bit == 17 || bit >= 20)
			write_faults(MSR_X2APIC_ICR, BIT(bit));
	static const struct {
		uint32_t index;
		bool read, write;
	} cases[] = {
		{ 0x800, false, false }, { 0x802, true, false },  { 0x803, true, false },
		{ 0x808, true, true },   { 0x80a, true, false },  { 0x80b, false, true },
		{ 0x80d, true, false },  { 0x80f, true, true },   { 0x810, true, false },
		{ 0x827, true, false },  { 0x828, true, true },   { 0x829, false, false },
		{ 0x82f, true, true },   { 0x831, false, false }, { 0x832, true, true },
		{ 0x838, true, true },   { 0x839, true, false },  { 0x83e, true, true },
		{ 0x83f, false, true },  { 0x840, false, false }, { 0x8ff, false, false },
	};
	for (unsigned i = 0; i < ARRAY_SIZE(cases); i++) {
		enum msr_outcome got = msr_policy_read(&msrs, &inputs, cases[i].index, &value);

		assert_int_equal(got != MSR_FAULT, cases[i].read);
		got = msr_policy_write(&msrs, &inputs, cases[i].index, 0, &changed);
		assert_int_equal(got, cases[i].write ? MSR_TO_BOARD : MSR_FAULT);
	}
	write_faults(MSR_X2APIC_EOI, 1);
	write_faults(MSR_X2APIC_SELF_IPI, 0x100);
	write_faults(MSR_X2APIC_SIVR, BIT(32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(table_is_sorted_and_consistent, reset),
		cmocka_unit_test_setup(writes_of_what_is_switched_are_seen, reset),
		cmocka_unit_test_setup(what_is_not_listed_is_denied, reset),
		cmocka_unit_test_setup(read_only_ones_refuse_writes, reset),
		cmocka_unit_test_setup(apic_modes, reset),
		cmocka_unit_test_setup(probed_registers, reset),
		cmocka_unit_test_setup(controllers_decide, reset),
		cmocka_unit_test_setup(what_is_the_boards, reset),
		cmocka_unit_test_setup(x2apic_registers, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
