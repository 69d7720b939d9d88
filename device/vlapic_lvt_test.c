/* The local vector table: masks, delivery modes, the pins LINT0 and LINT1, and errors. */
#include "tests/host/one_lapic.h"

#define MASKED   0x10000u
#define LEVEL    0x08000u
#define LOW      0x02000u
#define REMOTE   0x04000u
#define AS_SMI   0x200u
#define AS_NMI   0x400u
#define AS_INIT  0x500u
#define AS_EXINT 0x700u

static void lint(unsigned number, bool level)
{
	vlapic_set_lint(&lapic, number, level);
	vlapic_pending(&lapic);
}

static void pulse(unsigned number)
{
	lint(number, true);
	lint(number, false);
}

/* "Local APIC State After It Has Been Software Disabled". */
static void disabled_apics_mask_everything(void **state)
{
	for (unsigned at = VLAPIC_LVT_TIMER; at <= VLAPIC_LVT_ERROR; at += 0x10)
		set(at, 0x41);
	set(VLAPIC_SVR, 0xff);
	for (unsigned at = VLAPIC_LVT_TIMER; at <= VLAPIC_LVT_ERROR; at += 0x10) {
		assert_int_equal(get(at), MASKED | 0x41);
		set(at, 0x42);
		assert_int_equal(get(at), MASKED | 0x42);
	}
	/* Enabling takes no mask off. */
	set(VLAPIC_SVR, 0x1ff);
	assert_int_equal(get(VLAPIC_LVT_ERROR), MASKED | 0x42);
	set(VLAPIC_LVT_ERROR, 0x42);
	assert_int_equal(get(VLAPIC_LVT_ERROR), 0x42);
	/* Nor does it put one on. */
	set(VLAPIC_SVR, 0x1fe);
	assert_int_equal(get(VLAPIC_LVT_ERROR), 0x42);
}

static void delivery_modes_of_sources(void **state)
{
	vlapic_raise(&lapic, VLAPIC_THERMAL);
	assert_false(vlapic_pending(&lapic));
	set(VLAPIC_LVT_THERMAL, 0x51);
	vlapic_raise(&lapic, VLAPIC_THERMAL);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	set(VLAPIC_LVT_THERMAL, AS_SMI);
	vlapic_raise(&lapic, VLAPIC_THERMAL);
	assert_int_equal(told.local, APIC_SMI);
	set(VLAPIC_LVT_THERMAL, AS_NMI);
	vlapic_raise(&lapic, VLAPIC_THERMAL);
	assert_int_equal(told.local, APIC_NMI);
	assert_int_equal(told.locals, 2);
	set(VLAPIC_LVT_THERMAL, AS_EXINT);
	vlapic_raise(&lapic, VLAPIC_THERMAL);
	assert_int_equal(told.locals, 2);
}

/* "Generating an Interrupt on Overflow": the entry masks itself. */
static void performance_interrupts_mask_themselves(void **state)
{
	set(VLAPIC_LVT_PERFORMANCE, AS_NMI);
	vlapic_raise(&lapic, VLAPIC_PERFORMANCE);
	vlapic_raise(&lapic, VLAPIC_PERFORMANCE);
	assert_int_equal(told.locals, 1);
	assert_int_equal(get(VLAPIC_LVT_PERFORMANCE), MASKED | AS_NMI);
}

/* --- pins --------------------------------------------------------------------------------------- */

static void fixed_edges(void **state)
{
	set(VLAPIC_LVT_LINT0, 0x51);
	set(VLAPIC_LVT_LINT1, 0x61);
	lint(VLAPIC_LINT0, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	lint(VLAPIC_LINT0, true);
	lint(VLAPIC_LINT0, false);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	lint(VLAPIC_LINT1, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eois, 0);
}

static void edges_at_masked_pins_are_lost(void **state)
{
	set(VLAPIC_LVT_LINT0, MASKED | 0x51);
	lint(VLAPIC_LINT0, true);
	set(VLAPIC_LVT_LINT0, 0x51);
	assert_false(vlapic_pending(&lapic));
}

/* A pulse that nobody looked at in between is an edge all the same. */
static void short_pulses_are_seen(void **state)
{
	set(VLAPIC_LVT_LINT0, 0x51);
	vlapic_set_lint(&lapic, VLAPIC_LINT0, true);
	vlapic_set_lint(&lapic, VLAPIC_LINT0, false);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
}

/* Whoever drives the pin tells of an NMI, at once: asking whether an interrupt is pending, with
 * whatever locks that is done, tells nobody anything. */
static void local_events_do_not_wait_for_the_owner(void **state)
{
	set(VLAPIC_LVT_LINT1, AS_NMI);
	vlapic_set_lint(&lapic, VLAPIC_LINT1, true);
	assert_int_equal(told.locals, 1);
	assert_int_equal(told.local, APIC_NMI);
	vlapic_set_lint(&lapic, VLAPIC_LINT1, false);
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(told.locals, 1);
	set(VLAPIC_LVT_LINT1, MASKED | AS_NMI);
	vlapic_set_lint(&lapic, VLAPIC_LINT1, true);
	assert_int_equal(told.locals, 1);
}

static void pins_that_no_flag_masks(void **state)
{
	static const struct {
		uint32_t entry;
		bool unmaskable;
	} rows[] = { { 0x00051, false }, { 0x00200, false }, { 0x00400, true },
		     { 0x00500, true },  { 0x00700, false }, { MASKED | 0x400, false } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		set(VLAPIC_LVT_LINT0, rows[i].entry);
		assert_int_equal(vlapic_lint_is_unmaskable(&lapic, VLAPIC_LINT0),
				 rows[i].unmaskable);
	}
	assert_true(vlapic_set_base(&lapic, 0xfee00000));
	assert_true(vlapic_lint_is_unmaskable(&lapic, VLAPIC_LINT1));
	assert_false(vlapic_lint_is_unmaskable(&lapic, VLAPIC_LINT0));
}

static void active_low_pins(void **state)
{
	set(VLAPIC_LVT_LINT1, AS_NMI | LOW);
	lint(VLAPIC_LINT1, true);
	assert_int_equal(told.locals, 0);
	lint(VLAPIC_LINT1, false);
	assert_int_equal(told.locals, 1);
}

/* NMI, SMI and INIT are edges even where the entry says level. */
static void local_events_are_edges(void **state)
{
	static const struct {
		uint32_t mode;
		enum apic_delivery delivery;
	} modes[] = { { AS_SMI, APIC_SMI }, { AS_NMI, APIC_NMI }, { AS_INIT, APIC_INIT } };

	for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
		set(VLAPIC_LVT_LINT0, LEVEL | modes[i].mode);
		pulse(VLAPIC_LINT0);
		assert_int_equal(told.locals, i + 1);
		assert_int_equal(told.local, modes[i].delivery);
		assert_false(vlapic_pending(&lapic));
	}
}

static void level_at_lint0(void **state)
{
	set(VLAPIC_LVT_LINT0, LEVEL | 0x51);
	lint(VLAPIC_LINT0, true);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | REMOTE | 0x51);
	assert_int_equal(get(VLAPIC_TMR + 0x20), 1u << 17);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	/* Not again before its end, and again at it, while the level is there. */
	assert_false(vlapic_pending(&lapic));
	pulse(VLAPIC_LINT1);
	set(VLAPIC_LVT_LINT0, LEVEL | 0x51);
	assert_int_equal(vlapic_highest_request(&lapic), -1);
	set(VLAPIC_EOI, 0);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | REMOTE | 0x51);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	lint(VLAPIC_LINT0, false);
	set(VLAPIC_EOI, 0);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | 0x51);
	assert_false(vlapic_pending(&lapic));
	/* A level is there when the mask is taken off. */
	set(VLAPIC_LVT_LINT0, MASKED | LEVEL | 0x51);
	lint(VLAPIC_LINT0, true);
	assert_false(vlapic_pending(&lapic));
	set(VLAPIC_LVT_LINT0, LEVEL | 0x51);
	assert_true(vlapic_pending(&lapic));
	/* The guest cannot write the remote IRR. */
	set(VLAPIC_LVT_LINT0, MASKED | LEVEL | 0x51);
	assert_true(get(VLAPIC_LVT_LINT0) & REMOTE);
}

static void an_active_low_level(void **state)
{
	lint(VLAPIC_LINT0, true);
	set(VLAPIC_LVT_LINT0, LEVEL | LOW | 0x51);
	assert_false(vlapic_pending(&lapic));
	lint(VLAPIC_LINT0, false);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	lint(VLAPIC_LINT0, true);
	set(VLAPIC_EOI, 0);
	assert_false(vlapic_pending(&lapic));
	set(VLAPIC_LVT_LINT0, LOW | AS_EXINT);
	assert_false(vlapic_pending(&lapic));
	lint(VLAPIC_LINT0, false);
	assert_true(vlapic_pending(&lapic));
}

/* The end of another level-triggered interrupt is not the pin's. */
static void each_level_has_its_end(void **state)
{
	set(VLAPIC_LVT_LINT0, LEVEL | 0x51);
	lint(VLAPIC_LINT0, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	vlapic_post(&lapic, 0x61, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	set(VLAPIC_EOI, 0);
	assert_int_equal(told.eoi_vector, 0x61);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | REMOTE | 0x51);
	assert_int_equal(vlapic_highest_request(&lapic), -1);
	/* And once it has ended, further ends of its vector do not raise it. */
	lint(VLAPIC_LINT0, false);
	set(VLAPIC_EOI, 0);
	vlapic_post(&lapic, 0x51, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	set(VLAPIC_EOI, 0);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | 0x51);
}

static void lint1_knows_no_level(void **state)
{
	set(VLAPIC_LVT_LINT1, LEVEL | 0x51);
	lint(VLAPIC_LINT1, true);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x51);
	set(VLAPIC_EOI, 0);
	assert_false(vlapic_pending(&lapic));
	assert_int_equal(told.eois, 0);
}

static void extint_asks_the_8259(void **state)
{
	set(VLAPIC_LVT_LINT0, AS_EXINT);
	set(VLAPIC_TPR, 0xff); /* does not hold it back */
	assert_false(vlapic_pending(&lapic));
	lint(VLAPIC_LINT0, true);
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), PIC_VECTOR);
	assert_int_equal(told.acknowledges, 1);
	assert_int_equal(vlapic_highest_in_service(&lapic), -1);
	/* The 8259 holds its output up for the next one. */
	assert_true(vlapic_pending(&lapic));
	lint(VLAPIC_LINT0, false);
	assert_false(vlapic_pending(&lapic));
	lint(VLAPIC_LINT0, true);
	set(VLAPIC_LVT_LINT0, MASKED | AS_EXINT);
	assert_false(vlapic_pending(&lapic));
}

static void extint_goes_before_fixed_interrupts(void **state)
{
	vlapic_post(&lapic, 0xf0, false);
	vlapic_post_extint(&lapic);
	assert_int_equal(vlapic_acknowledge(&lapic), PIC_VECTOR);
	assert_int_equal(vlapic_acknowledge(&lapic), 0xf0);
	assert_int_equal(vlapic_acknowledge(&lapic), -1);
	assert_int_equal(told.acknowledges, 1);
}

/* "Enabling or Disabling the Local APIC": the pins are INTR and NMI then. */
static void pins_of_a_disabled_apic(void **state)
{
	assert_true(vlapic_set_base(&lapic, 0xfee00100));
	lint(VLAPIC_LINT0, true);
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(vlapic_acknowledge(&lapic), PIC_VECTOR);
	assert_int_equal(told.locals, 0);
	pulse(VLAPIC_LINT1);
	assert_int_equal(told.locals, 1);
	assert_int_equal(told.local, APIC_NMI);
	/* The level outlives the change of mode; the masked entry keeps it out. */
	assert_true(vlapic_set_base(&lapic, APIC_ENABLED));
	assert_false(vlapic_pending(&lapic));
	vlapic_set_virtual_wire(&lapic);
	assert_true(vlapic_pending(&lapic));
}

static void there_are_two_pins(void **state)
{
	assert_false(vlapic_set_lint(&lapic, 2, true));
	assert_false(vlapic_set_lint(&lapic, 77, true));
	assert_false(vlapic_outstanding(&lapic));
}

/* --- errors: SDM volume 3, "Error Handling" ----------------------------------------------------- */

static void errors_are_readable_after_a_write(void **state)
{
	get(0x010);
	assert_int_equal(get(VLAPIC_ESR), 0);
	set(VLAPIC_ESR, 0xffffffff);
	assert_int_equal(get(VLAPIC_ESR), 0x80);
	assert_int_equal(get(VLAPIC_ESR), 0x80);
	set(VLAPIC_ESR, 0);
	assert_int_equal(get(VLAPIC_ESR), 0);
}

static void errors_interrupt(void **state)
{
	set(VLAPIC_LVT_ERROR, 0x61);
	get(0x010);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	set(VLAPIC_EOI, 0);
	/* The same error interrupts again once the ESR has been written. */
	get(0x010);
	assert_false(vlapic_pending(&lapic));
	set(VLAPIC_ESR, 0);
	get(0x010);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	set(VLAPIC_EOI, 0);
	/* Another error does at once. */
	set(VLAPIC_ICR, 0x0000e);
	assert_int_equal(vlapic_acknowledge(&lapic), 0x61);
	assert_int_equal(errors(), 0xa0);
}

static void illegal_vectors_that_arrive(void **state)
{
	for (unsigned vector = 0; vector < 16; vector++) {
		vlapic_post(&lapic, (uint8_t)vector, vector & 1);
		assert_false(vlapic_pending(&lapic));
		assert_int_equal(get(VLAPIC_IRR), 0);
		assert_int_equal(errors(), 0x40);
	}
	vlapic_post(&lapic, 16, false);
	assert_true(vlapic_pending(&lapic));
	assert_int_equal(errors(), 0);
	/* An illegal one in the error entry itself is one more error, and no more than that. */
	set(VLAPIC_LVT_ERROR, 0x03);
	get(0x010);
	assert_int_equal(errors(), 0xc0);
	/* A level with an illegal vector was not accepted: no remote IRR waits for an EOI. */
	set(VLAPIC_LVT_LINT0, LEVEL | 0x0f);
	lint(VLAPIC_LINT0, true);
	assert_int_equal(get(VLAPIC_LVT_LINT0), LEVEL | 0x0f);
	assert_int_equal(errors(), 0x40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(disabled_apics_mask_everything, enabled),
		cmocka_unit_test_setup(delivery_modes_of_sources, enabled),
		cmocka_unit_test_setup(performance_interrupts_mask_themselves, enabled),
		cmocka_unit_test_setup(fixed_edges, enabled),
		cmocka_unit_test_setup(edges_at_masked_pins_are_lost, enabled),
		cmocka_unit_test_setup(short_pulses_are_seen, enabled),
		cmocka_unit_test_setup(local_events_do_not_wait_for_the_owner, enabled),
		cmocka_unit_test_setup(pins_that_no_flag_masks, enabled),
		cmocka_unit_test_setup(active_low_pins, enabled),
		cmocka_unit_test_setup(local_events_are_edges, enabled),
		cmocka_unit_test_setup(level_at_lint0, enabled),
		cmocka_unit_test_setup(an_active_low_level, enabled),
		cmocka_unit_test_setup(each_level_has_its_end, enabled),
		cmocka_unit_test_setup(lint1_knows_no_level, enabled),
		cmocka_unit_test_setup(extint_asks_the_8259, enabled),
		cmocka_unit_test_setup(extint_goes_before_fixed_interrupts, enabled),
		cmocka_unit_test_setup(pins_of_a_disabled_apic, power_up),
		cmocka_unit_test_setup(there_are_two_pins, enabled),
		cmocka_unit_test_setup(errors_are_readable_after_a_write, enabled),
		cmocka_unit_test_setup(errors_interrupt, enabled),
		cmocka_unit_test_setup(illegal_vectors_that_arrive, enabled),
	};

	return cmocka_run_group_tests_name("vlapic_lvt", tests, NULL, NULL);
}
