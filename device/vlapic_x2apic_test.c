/* x2APIC mode: which MSRs there are, which of their bits, and what faults. SDM volume 3, "x2APIC
 * Register Address Space" and "Reserved Bit Checking". */
#include "tests/host/one_lapic.h"

#define R 1
#define W 2

struct register_rule {
	uint32_t index;
	unsigned access;
	uint64_t allowed; /* bits that a write may carry */
};

/* ISR, TMR and IRR (810H to 827H) are read-only and in no row. */
static const struct register_rule msrs[] = {
	{ 0x802, R, 0 },
	{ 0x803, R, 0 },
	{ 0x808, R | W, 0xff },
	{ 0x80a, R, 0 },
	{ 0x80b, W, 0 },
	{ 0x80d, R, 0 },
	{ 0x80f, R | W, 0x13ff },
	{ 0x828, R | W, 0 },
	{ 0x830, R | W, 0xffffffff000cdfff },
	{ 0x832, R | W, 0x000710ff },
	{ 0x833, R | W, 0x000117ff },
	{ 0x834, R | W, 0x000117ff },
	{ 0x835, R | W, 0x0001f7ff },
	{ 0x836, R | W, 0x0001f7ff },
	{ 0x837, R | W, 0x000110ff },
	{ 0x838, R | W, 0xffffffff },
	{ 0x839, R, 0 },
	{ 0x83e, R | W, 0xb },
	{ 0x83f, W, 0xff },
};

static struct register_rule msr_of(uint32_t index)
{
	for (unsigned i = 0; i < ARRAY_SIZE(msrs); i++)
		if (msrs[i].index == index)
			return msrs[i];
	return (struct register_rule) { index, index >= 0x810 && index <= 0x827 ? R : 0, 0 };
}

static void every_msr(void **state)
{
	for (uint32_t index = 0x800; index <= 0x8ff; index++) {
		struct register_rule m = msr_of(index);

		x2apic(NULL);
		assert_int_equal(rdmsr_faults(index), !(m.access & R));
		assert_int_equal(wrmsr(index, 0), !!(m.access & W));
		for (unsigned bit = 0; bit < 64; bit++) {
			bool allowed = (m.access & W) && (m.allowed >> bit & 1);

			assert_int_equal(wrmsr(index, 1ull << bit), allowed);
		}
	}
}

static void no_msrs_in_the_other_modes(void **state)
{
	for (uint32_t index = 0x800; index <= 0x8ff; index++) {
		assert_true(rdmsr_faults(index));
		assert_false(wrmsr(index, 0));
	}
	assert_true(vlapic_set_base(&lapic, 0xfee00000));
	assert_true(rdmsr_faults(0x802));
	assert_true(rdmsr_faults(0x7ff));
	assert_true(rdmsr_faults(0x900));
}

static void a_fault_changes_nothing(void **state)
{
	assert_true(wrmsr(0x808, 0x35));
	assert_false(wrmsr(0x808, 0x140));
	assert_int_equal(rdmsr(0x808), 0x35);
	assert_false(wrmsr(0x830, 0xffffffff00100055));
	assert_int_equal(rdmsr(0x830), 0);
	assert_int_equal(told.sends, 0);
}

/* Illegal accesses fault; they are no errors. */
static void faults_leave_the_esr_alone(void **state)
{
	assert_true(rdmsr_faults(0x80e));
	assert_true(wrmsr(0x828, 0));
	assert_int_equal(rdmsr(0x828), 0);
	assert_false(wrmsr(0x828, 1));
}

/* "Deriving Logical x2APIC ID from the Local x2APIC ID". */
static void logical_ids_are_derived(void **state)
{
	static const struct {
		uint32_t id, logical;
	} ids[] = { { 0, 0x00000001 },    { 15, 0x00008000 },    { 16, 0x00010001 },
		    { 0x25, 0x00020020 }, { 0xfff, 0x00ff8000 }, { 0x12345, 0x12340020 } };

	for (unsigned i = 0; i < ARRAY_SIZE(ids); i++) {
		vlapic_init(&lapic, page, ids[i].id, false, &connections, &told);
		assert_int_equal(get(VLAPIC_ID), ids[i].id << 24);
		assert_true(vlapic_set_base(&lapic, 0xfee00c00));
		assert_int_equal(rdmsr(0x802), ids[i].id);
		assert_int_equal(rdmsr(0x80d), ids[i].logical);
	}
}

static void interrupts_work_as_in_xapic_mode(void **state)
{
	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(rdmsr(0x822), 1u << 17);
	assert_int_equal(rdmsr(0x81a), 1u << 17);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	assert_int_equal(rdmsr(0x812), 1u << 17);
	assert_int_equal(rdmsr(0x80a), 0x50);
	assert_false(wrmsr(0x80b, 1));
	assert_int_equal(told.eois, 0);
	assert_true(wrmsr(0x80b, 0));
	assert_int_equal(told.eois, 1);
	assert_int_equal(told.eoi_vector, 0x51);
}

static void the_timer_works_as_in_xapic_mode(void **state)
{
	assert_true(wrmsr(0x832, 0x20040));
	assert_true(wrmsr(0x83e, 0xb));
	assert_true(wrmsr(0x838, 1000));
	vlapic_advance(&lapic, 300 * VLAPIC_TIMER_TICK, 0);
	assert_int_equal(rdmsr(0x839), 700);
	vlapic_advance(&lapic, 1000 * VLAPIC_TIMER_TICK, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_msr, x2apic),
		cmocka_unit_test_setup(no_msrs_in_the_other_modes, enabled),
		cmocka_unit_test_setup(a_fault_changes_nothing, x2apic),
		cmocka_unit_test_setup(faults_leave_the_esr_alone, x2apic),
		cmocka_unit_test_setup(logical_ids_are_derived, x2apic),
		cmocka_unit_test_setup(interrupts_work_as_in_xapic_mode, x2apic),
		cmocka_unit_test_setup(the_timer_works_as_in_xapic_mode, x2apic),
	};

	return cmocka_run_group_tests_name("vlapic_x2apic", tests, NULL, NULL);
}
