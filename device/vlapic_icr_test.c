/* The interrupt command register in both modes. SDM volume 3, "Issuing Interprocessor Interrupts",
 * "ICR Operation in x2APIC Mode" and "SELF IPI Register". */
#include "tests/host/one_lapic.h"

#define ASSERT    0x4000u
#define LEVEL     0x8000u
#define LOGICAL   0x800u
#define TO_SELF   0x40000u
#define TO_ALL    0x80000u
#define TO_OTHERS 0xc0000u
#define MODE(m)   ((uint32_t)(m) << 8)

static void the_low_half_sends(void **state)
{
	set(VLAPIC_ICR_HIGH, 0x12ffffff);
	assert_int_equal(told.sends, 0);
	set(VLAPIC_ICR, LOGICAL | ASSERT | 0x55);
	assert_int_equal(told.sends, 1);
	assert_int_equal(told.sent.delivery, APIC_FIXED);
	assert_int_equal(told.sent.vector, 0x55);
	assert_int_equal(told.sent.destination, 0x12);
	assert_int_equal(told.sent.shorthand, APIC_NO_SHORTHAND);
	assert_true(told.sent.logical);
	assert_false(told.sent.wide);
	assert_false(told.sent.level_triggered);
	assert_int_equal(get(VLAPIC_ICR), LOGICAL | ASSERT | 0x55); /* delivery status: idle */
	assert_int_equal(get(VLAPIC_ICR_HIGH), 0x12000000);
}

/* Every delivery mode with every shorthand. */
static void modes_and_shorthands(void **state)
{
	static const uint32_t shorthands[] = { 0, TO_SELF, TO_ALL, TO_OTHERS };

	for (unsigned mode = 0; mode < 8; mode++) {
		for (unsigned s = 0; s < 4; s++) {
			bool reserved = mode == 3 || mode == 7;
			bool handled = mode == APIC_FIXED && s == APIC_SELF;

			enabled(NULL);
			set(VLAPIC_ICR, MODE(mode) | shorthands[s] | ASSERT | 0x44);
			assert_int_equal(told.sends, !reserved && !handled);
			assert_int_equal(vlapic_acknowledge(&lapic), handled ? 0x44 : -1);
			if (!told.sends)
				continue;
			assert_int_equal(told.sent.delivery, mode);
			assert_int_equal(told.sent.shorthand, s);
		}
	}
}

/* IPIs are edges, whatever the trigger mode bit says. */
static void the_trigger_mode_is_ignored(void **state)
{
	set(VLAPIC_ICR, LEVEL | ASSERT | 0x44);
	assert_int_equal(told.sends, 1);
	assert_false(told.sent.level_triggered);
	set(VLAPIC_ICR, LEVEL | ASSERT | MODE(APIC_INIT));
	assert_int_equal(told.sends, 2);
	assert_int_equal(told.sent.delivery, APIC_INIT);
	set(VLAPIC_ICR, MODE(APIC_INIT)); /* no level trigger: no de-assert */
	assert_int_equal(told.sends, 3);
}

static void init_deassert_is_nothing(void **state)
{
	set(VLAPIC_ICR, LEVEL | MODE(APIC_INIT) | TO_ALL);
	assert_int_equal(told.sends, 0);
}

static void illegal_vectors_are_not_sent(void **state)
{
	for (unsigned vector = 0; vector < 17; vector++) {
		enabled(NULL);
		set(VLAPIC_ICR, MODE(APIC_FIXED) | vector);
		set(VLAPIC_ICR, MODE(APIC_LOWEST_PRIORITY) | vector);
		set(VLAPIC_ICR, MODE(APIC_FIXED) | TO_SELF | vector);
		assert_int_equal(told.sends, vector < 16 ? 0 : 2);
		assert_int_equal(errors(), vector < 16 ? 0x20 : 0);
	}
	/* A start-up vector is a page, not an interrupt; NMI and INIT have none. */
	set(VLAPIC_ICR, MODE(APIC_START_UP) | 0x08);
	assert_int_equal(told.sent.delivery, APIC_START_UP);
	assert_int_equal(told.sent.vector, 0x08);
	set(VLAPIC_ICR, MODE(APIC_NMI));
	assert_int_equal(told.sent.delivery, APIC_NMI);
	assert_int_equal(errors(), 0);
}

/* A software-disabled APIC still issues IPIs, but takes none of its own. */
static void software_disabled_apics_send(void **state)
{
	set(VLAPIC_ICR, 0x44);
	assert_int_equal(told.sends, 1);
	set(VLAPIC_ICR, TO_SELF | 0x44);
	assert_int_equal(told.sends, 1);
	assert_false(vlapic_pending(&lapic));
}

/* --- x2APIC mode -------------------------------------------------------------------------------- */

static void one_wide_register(void **state)
{
	assert_true(wrmsr(0x830, 0x0001000200004855));
	assert_int_equal(told.sends, 1);
	assert_int_equal(told.sent.destination, 0x00010002);
	assert_true(told.sent.wide);
	assert_true(told.sent.logical);
	assert_int_equal(told.sent.vector, 0x55);
	assert_int_equal(rdmsr(0x830), 0x0001000200004855);
	/* In the page it is 64 bits wide at 300h. */
	assert_int_equal(page[0x300 / 4], 0x4855);
	assert_int_equal(page[0x304 / 4], 0x00010002);
	assert_true(rdmsr_faults(0x831));
	assert_false(wrmsr(0x831, 0));
}

static void reserved_bits_of_the_wide_register(void **state)
{
	for (unsigned bit = 0; bit < 64; bit++) {
		bool reserved = bit == 13 || bit == 16 || bit == 17 || (bit >= 20 && bit < 32);

		told.sends = 0;
		assert_int_equal(wrmsr(0x830, 1ull << bit | MODE(APIC_NMI)), !reserved);
		if (reserved)
			assert_int_equal(told.sends, 0);
	}
	assert_int_equal(rdmsr(0x830) & 1u << 12, 0);
}

static void self_ipi(void **state)
{
	assert_true(wrmsr(0x83f, 0x66));
	assert_int_equal(told.sends, 0);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x66);
	assert_int_equal(rdmsr(0x81b), 0); /* an edge */
	assert_int_equal(rdmsr(0x830), 0);
	assert_false(wrmsr(0x83f, 0x100));
	assert_true(rdmsr_faults(0x83f));
	assert_true(wrmsr(0x83f, 0x0f));
	assert_true(wrmsr(0x828, 0));
	assert_int_equal(rdmsr(0x828), 0x20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_low_half_sends, enabled),
		cmocka_unit_test_setup(modes_and_shorthands, enabled),
		cmocka_unit_test_setup(the_trigger_mode_is_ignored, enabled),
		cmocka_unit_test_setup(init_deassert_is_nothing, enabled),
		cmocka_unit_test_setup(illegal_vectors_are_not_sent, enabled),
		cmocka_unit_test_setup(software_disabled_apics_send, power_up),
		cmocka_unit_test_setup(one_wide_register, x2apic),
		cmocka_unit_test_setup(reserved_bits_of_the_wide_register, x2apic),
		cmocka_unit_test_setup(self_ipi, x2apic),
	};

	return cmocka_run_group_tests_name("vlapic_icr", tests, NULL, NULL);
}
