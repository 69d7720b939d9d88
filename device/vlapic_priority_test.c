/* Priorities, acceptance and the end of interrupts. SDM volume 3, "Handling Interrupts". */
#include "tests/host/one_lapic.h"

static void request(uint8_t vector)
{
	vlapic_post(&lapic, vector, false);
}

static void highest_vector_first(void **state)
{
	request(0x41);
	request(0xf1);
	request(0x10);
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(vlapic_highest_request(&lapic), 0xf1);
	assert_int_equal(vlapic_acknowledge(&lapic), 0xf1);
	assert_int_equal(vlapic_highest_in_service(&lapic), 0xf1);
	assert_int_equal(vlapic_highest_request(&lapic), 0x41);
	/* In service: what is of no higher class waits. */
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x41);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x10);
	set(VLAPIC_EOI, 0);
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(vlapic_highest_request(&lapic), -1);
	assert_int_equal(vlapic_highest_in_service(&lapic), -1);
}

static void every_vector_goes_through(void **state)
{
	for (unsigned vector = 16; vector < 256; vector++) {
		unsigned at = vector / 32 * 0x10;
		uint32_t bit = 1u << vector % 32;

		request((uint8_t)vector);
		assert_int_equal(get(VLAPIC_IRR + at), bit);
		assert_int_equal(vlapic_acknowledge(&lapic), vector);
		assert_int_equal(get(VLAPIC_IRR + at), 0);
		assert_int_equal(get(VLAPIC_ISR + at), bit);
		set(VLAPIC_EOI, 0);
		assert_int_equal(get(VLAPIC_ISR + at), 0);
	}
}

/* A vector of the same class does not interrupt its handler, one of a higher class does. */
static void nesting_goes_by_class(void **state)
{
	request(0x51);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	request(0x5f);
	assert_false(vlapic_pending(&lapic));
	request(0x60);
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), 0x60);
	assert_int_equal(get(VLAPIC_PPR), 0x60);
	/* The end is that of the highest in service. */
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_highest_in_service(&lapic), 0x51);
	assert_int_equal(get(VLAPIC_PPR), 0x50);
	assert_false(vlapic_pending(&lapic));
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x5f);
}

/* A vector in service may be requested once more: IRR and ISR hold two of each. */
static void one_waits_behind_the_one_in_service(void **state)
{
	request(0x51);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	request(0x51);
	request(0x51);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
}

static void task_priority_holds_back(void **state)
{
	request(0x4f);
	set(VLAPIC_TPR, 0x40);
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	set(VLAPIC_TPR, 0x3f);
	assert_true(vlapic_pending(&lapic));
	set(VLAPIC_TPR, 0xff);
	request(0xff);
	assert_false(vlapic_pending(&lapic));
}

/* "Task and Processor Priorities", over all TPR values and in-service classes. */
static void processor_priority(void **state)
{
	for (unsigned vector = 0; vector < 256; vector += 0x13) {
		enabled(NULL);
		if (vector >= 16) {
			request((uint8_t)vector);
			vlapic_acknowledge(&lapic);
		}
		for (unsigned tpr = 0; tpr < 256; tpr++) {
			unsigned service = vector >= 16 ? vector & 0xf0 : 0;
			unsigned ppr = (tpr & 0xf0) >= service ? tpr : service;

			set(VLAPIC_TPR, tpr);
			assert_int_equal(get(VLAPIC_PPR), ppr);
		}
	}
}

/* "Arbitration Priority Register (APR)". */
static void arbitration_priority(void **state)
{
	assert_int_equal(get(VLAPIC_APR), 0);
	set(VLAPIC_TPR, 0x35);
	assert_int_equal(get(VLAPIC_APR), 0x35);
	request(0x61);
	assert_int_equal(get(VLAPIC_APR), 0x60);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	/* TPR AND in service: 30h & 60h. */
	assert_int_equal(get(VLAPIC_APR), 0x20);
	set(VLAPIC_TPR, 0x75);
	assert_int_equal(get(VLAPIC_APR), 0x75);
	/* TPR of the class in service, and of the class requested. */
	set(VLAPIC_TPR, 0x65);
	assert_int_equal(get(VLAPIC_APR), 0x60);
	request(0x7f);
	set(VLAPIC_TPR, 0x75);
	assert_int_equal(get(VLAPIC_APR), 0x75);
}

/* "Interaction of Task Priorities between CR8 and APIC". */
static void cr8_is_the_class_of_the_tpr(void **state)
{
	set(VLAPIC_TPR, 0xa7);
	assert_int_equal(vlapic_priority(&lapic), 0xa);
	vlapic_set_priority(&lapic, 5);
	assert_int_equal(get(VLAPIC_TPR), 0x50);
	vlapic_set_priority(&lapic, 0x1f);
	assert_int_equal(get(VLAPIC_TPR), 0xf0);
}

static void end_without_interrupt_is_nothing(void **state)
{
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 0);
	assert_int_equal(errors(), 0);
	/* A level that waits is not ended by it. */
	vlapic_post(&lapic, 0xff, true);
	vlapic_pending(&lapic);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0xff);
}

static void only_levels_are_broadcast(void **state)
{
	request(0x51);
	vlapic_acknowledge(&lapic);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 0);

	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(get(VLAPIC_TMR + 0x20), 1u << 17);
	vlapic_acknowledge(&lapic);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 1);
	assert_int_equal(told.eoi_vector, 0x51);

	/* The trigger mode is that of the last acceptance. */
	request(0x51);
	assert_int_equal(get(VLAPIC_TMR + 0x20), 0);
	vlapic_acknowledge(&lapic);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 1);
}

static void nested_ends_are_of_their_own_vector(void **state)
{
	vlapic_post(&lapic, 0x41, true);
	vlapic_acknowledge(&lapic);
	vlapic_post(&lapic, 0x91, true);
	vlapic_acknowledge(&lapic);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eoi_vector, 0x91);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eoi_vector, 0x41);
	assert_int_equal(told.eois, 2);
}

/* "Directed EOI Support": SVR bit 12. */
static void broadcasts_can_be_suppressed(void **state)
{
	assert_true(get(VLAPIC_VERSION) & 1u << 24);
	set(VLAPIC_SVR, 0x11ff);
	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	set(VLAPIC_EOI, 0);
	assert_int_equal(vlapic_highest_in_service(&lapic), -1);
	assert_int_equal(told.eois, 0);
}

static void hardware_may_end_interrupts(void **state)
{
	vlapic_post(&lapic, 0x51, true);
	vlapic_acknowledge(&lapic);
	page[(VLAPIC_ISR + 0x20) / 4] = 0;
	vlapic_after_eoi(&lapic, 0x51);
	assert_int_equal(told.eois, 1);
	assert_int_equal(vlapic_highest_in_service(&lapic), -1);
}

/* "Local APIC State After It Has Been Software Disabled": what waits stays and is handled. */
static void software_disabled_apics_keep_what_waits(void **state)
{
	request(0x51);
	assert_true(vlapic_pending(&lapic));
	set(VLAPIC_SVR, 0xff);
	assert_true(vlapic_pending(&lapic));
	assert_false(vlapic_accepts_fixed(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(highest_vector_first, enabled),
		cmocka_unit_test_setup(every_vector_goes_through, enabled),
		cmocka_unit_test_setup(nesting_goes_by_class, enabled),
		cmocka_unit_test_setup(one_waits_behind_the_one_in_service, enabled),
		cmocka_unit_test_setup(task_priority_holds_back, enabled),
		cmocka_unit_test_setup(processor_priority, enabled),
		cmocka_unit_test_setup(arbitration_priority, enabled),
		cmocka_unit_test_setup(cr8_is_the_class_of_the_tpr, enabled),
		cmocka_unit_test_setup(end_without_interrupt_is_nothing, enabled),
		cmocka_unit_test_setup(only_levels_are_broadcast, enabled),
		cmocka_unit_test_setup(nested_ends_are_of_their_own_vector, enabled),
		cmocka_unit_test_setup(broadcasts_can_be_suppressed, enabled),
		cmocka_unit_test_setup(hardware_may_end_interrupts, enabled),
		cmocka_unit_test_setup(software_disabled_apics_keep_what_waits, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_priority", tests, NULL, NULL);
}
