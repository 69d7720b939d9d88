/* Hardware that works on the APIC's page: what it may read, what it is told, what it leaves to do. */
#include "tests/host/one_lapic.h"

static void expect_page_holds(uint32_t first, uint32_t last, bool expected)
{
	for (uint32_t at = first; at <= last; at += 0x10)
		assert_int_equal(vlapic_page_holds(&lapic, at), expected);
}

/* All but what is computed, and what is not there. */
static void the_page_holds_the_registers(void **state)
{
	expect_page_holds(0x000, 0x010, false);
	expect_page_holds(0x020, 0x030, true);
	expect_page_holds(0x080, 0x080, true);
	expect_page_holds(0x090, 0x0b0, false); /* APR and PPR are computed, EOI is write-only */
	expect_page_holds(0x0d0, 0x0f0, true);
	expect_page_holds(0x100, 0x280, true);
	expect_page_holds(0x290, 0x2f0, false);
	expect_page_holds(0x300, 0x380, true);
	expect_page_holds(0x390, 0x3d0, false);
	expect_page_holds(0x3e0, 0x3e0, true);
	expect_page_holds(0x3f0, 0xff0, false);
	assert_false(vlapic_page_holds(&lapic, 0x304));
	/* And what it holds is what a read returns. */
	for (unsigned at = 0; at < 0x400; at += 0x10)
		if (vlapic_page_holds(&lapic, at))
			assert_int_equal(page[at / 4], get(at));
	assert_true(vlapic_set_base(&lapic, APIC_X2APIC));
	expect_page_holds(0x020, 0x030, true);
	expect_page_holds(0x0d0, 0x0d0, true);
	expect_page_holds(0x0e0, 0x0e0, false);
	expect_page_holds(0x300, 0x300, true);
	expect_page_holds(0x310, 0x310, false);
	for (uint32_t at = 0; at < 0x400; at += 0x10)
		if (vlapic_page_holds(&lapic, at))
			assert_int_equal(page[at / 4], (uint32_t)rdmsr(0x800 + at / 0x10));
	assert_true(vlapic_set_base(&lapic, 0xfee00000));
	expect_page_holds(0x000, 0xff0, false);
}

static void threshold_of_what_the_task_priority_holds_back(void **state)
{
	assert_int_equal(vlapic_priority_threshold(&lapic), 0);
	vlapic_post(&lapic, 0x5a, false);
	/* It is not held back at all. */
	assert_int_equal(vlapic_priority_threshold(&lapic), 0);
	for (unsigned priority = 0; priority < 16; priority++) {
		vlapic_set_priority(&lapic, priority);
		assert_int_equal(vlapic_priority_threshold(&lapic), priority < 5 ? 0 : 5);
		assert_int_equal(vlapic_pending(&lapic), priority < 5);
	}
	/* The one in service holds it back too: no task priority would help. */
	vlapic_set_priority(&lapic, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x5a);
	vlapic_post(&lapic, 0x5b, false);
	vlapic_set_priority(&lapic, 9);
	assert_int_equal(vlapic_priority_threshold(&lapic), 0);
	vlapic_post(&lapic, 0x61, false);
	assert_int_equal(vlapic_priority_threshold(&lapic), 6);
}

static void levels_whose_end_counts(void **state)
{
	uint64_t vectors[4];

	vlapic_post(&lapic, 0x51, true);
	vlapic_post(&lapic, 0x61, false);
	vlapic_post(&lapic, 0xff, true);
	vlapic_level_vectors(&lapic, vectors);
	assert_int_equal(vectors[0], 0);
	assert_int_equal(vectors[1], 1ull << (0x51 - 64));
	assert_int_equal(vectors[2], 0);
	assert_int_equal(vectors[3], 1ull << 63);
	assert_int_equal(vlapic_acknowledge(&lapic), 0xff);
	vlapic_level_vectors(&lapic, vectors);
	assert_int_equal(vectors[3], 1ull << 63);
	set(VLAPIC_EOI, 0);
	vlapic_level_vectors(&lapic, vectors);
	assert_int_equal(vectors[3], 0);
}

/* What hardware wrote by itself is brought into form, and does what a write does. */
static void writes_of_hardware(void **state)
{
	set(VLAPIC_LVT_ERROR, 0xfe);
	set(VLAPIC_LVT_TIMER, 0x20040);
	set(VLAPIC_INITIAL_COUNT, 1000);
	page[VLAPIC_TPR / 4] = 0xffffff45;
	vlapic_written(&lapic, VLAPIC_TPR + 1);
	assert_int_equal(get(VLAPIC_TPR), 0x45);
	page[VLAPIC_DFR / 4] = 0;
	vlapic_written(&lapic, VLAPIC_DFR);
	assert_int_equal(get(VLAPIC_DFR), 0x0fffffff);
	page[VLAPIC_SVR / 4] = 0xff;
	vlapic_written(&lapic, VLAPIC_SVR);
	assert_int_equal(get(VLAPIC_LVT_ERROR), 0x100fe);
	page[VLAPIC_ICR / 4] = 0xc4500;
	vlapic_written(&lapic, VLAPIC_ICR);
	assert_int_equal(told.sends, 1);
	assert_int_equal(told.sent.delivery, APIC_INIT);
	/* What the timer did before is not lost with the register that was overwritten. */
	page[VLAPIC_LVT_TIMER / 4] = 0x40041;
	vlapic_written(&lapic, VLAPIC_LVT_TIMER);
	assert_false(lapic.timer.counting);
	assert_int_equal(get(VLAPIC_LVT_TIMER), 0x50041); /* masked: software-disabled */
	vlapic_written(&lapic, 0xff0);
	vlapic_written(&lapic, VLAPIC_ISR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_page_holds_the_registers, enabled),
		cmocka_unit_test_setup(threshold_of_what_the_task_priority_holds_back, enabled),
		cmocka_unit_test_setup(levels_whose_end_counts, enabled),
		cmocka_unit_test_setup(writes_of_hardware, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_hardware", tests, NULL, NULL);
}
