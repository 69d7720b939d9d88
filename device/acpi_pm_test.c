/* ACPI's fixed hardware: the timer and its carry, events and the SCI, sleep, and the handover. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/acpi_pm.h"
#include "device/clock.h"
#include "lib/bits.h"

#define STATUS  ACPI_PM_EVENT
#define ENABLE  (ACPI_PM_EVENT + 2)
#define AWAKE   (-1)
#define CARRIES 600 /* seconds of 2^31 ticks, nearly */

static struct acpi_pm pm;
static struct bus bus;
static struct reason why;
static device_time now;
static bool sci;
static int slept;

static void set_sci(void *context, unsigned number, bool level)
{
	sci = level;
}

static void hear(void *context, unsigned type)
{
	slept = (int)type;
}

static int power_on(void **state)
{
	const struct wire wire = { .set = set_sci };

	bus.count = 0;
	now = 0;
	slept = AWAKE;
	sci = false;
	acpi_pm_init(&pm, &wire, NULL, hear);
	assert_int_equal(acpi_pm_attach(&pm, &bus, ACPI_PM_PORT, &why), ERROR_NONE);
	return 0;
}

static uint32_t in(uint16_t port, unsigned width)
{
	return (uint32_t)bus_read(&bus, now, port, width);
}

static void out(uint16_t port, unsigned width, uint32_t value)
{
	bus_write(&bus, now, port, width, value);
}

static void the_timer_has_its_rate(void **state)
{
	assert_int_equal(in(ACPI_PM_TIMER, 4), 0);
	now = NANOSECONDS;
	assert_int_equal(in(ACPI_PM_TIMER, 4), 3579545);
	assert_int_equal(in(ACPI_PM_TIMER, 1), 3579545 & 0xff);
	assert_int_equal(in(ACPI_PM_TIMER + 1, 2), 3579545 >> 8 & 0xffff);
	out(ACPI_PM_TIMER, 4, 0); /* read-only */
	assert_int_equal(in(ACPI_PM_TIMER, 4), 3579545);
	now = 1200 * NANOSECONDS; /* past 32 bits */
	assert_int_equal(in(ACPI_PM_TIMER, 4), (uint32_t)(3579545ull * 1200));
}

static void the_carry_of_the_timer_asks(void **state)
{
	device_time carry = clock_time(BIT(31), ACPI_PM_HZ);

	acpi_pm_enable(&pm);
	assert_true(acpi_pm_ops.next(&pm) == DEVICE_NEVER);
	out(ENABLE, 2, 1);
	assert_true(acpi_pm_ops.next(&pm) == carry);
	now = carry - 1;
	assert_int_equal(in(STATUS, 2), 0);
	now = carry;
	acpi_pm_ops.advance(&pm, now);
	assert_true(sci);
	assert_int_equal(in(STATUS, 2), 1);
	assert_true(acpi_pm_ops.next(&pm) == DEVICE_NEVER);
	out(STATUS, 2, 1);
	assert_false(sci);
	assert_true(acpi_pm_ops.next(&pm) == clock_time(BIT(32), ACPI_PM_HZ));
	now += 100 * CARRIES * NANOSECONDS; /* slept through */
	acpi_pm_ops.advance(&pm, now);
	assert_true(sci);
	assert_true(acpi_pm_ops.next(&pm) == DEVICE_NEVER);
}

static void the_power_button_asks_when_enabled(void **state)
{
	acpi_pm_power_button(&pm);
	assert_int_equal(in(STATUS, 2), 0x100);
	assert_false(sci);
	out(ENABLE, 2, 0x100);
	assert_false(sci); /* legacy mode: an SMI, which nobody hears */
	out(ACPI_COMMAND_PORT, 1, ACPI_ENABLE);
	assert_true(sci);
	out(STATUS, 2, 0xfeff); /* zeros leave alone */
	assert_true(sci);
	out(STATUS + 1, 1, 0x01);
	assert_false(sci);
	assert_int_equal(in(STATUS, 4), 0x01000000);
}

static void the_clock_asks_each_time_its_wire_goes_high(void **state)
{
	acpi_pm_enable(&pm);
	out(ENABLE, 2, 0x400);
	acpi_pm_clock(&pm, false);
	assert_int_equal(in(STATUS, 2), 0);
	acpi_pm_clock(&pm, true);
	assert_int_equal(in(STATUS, 2), 0x400);
	assert_true(sci);
	out(STATUS, 2, 0x400); /* the wire is still high: that is no second event */
	acpi_pm_clock(&pm, true);
	assert_int_equal(in(STATUS, 2), 0);
	assert_false(sci);
	acpi_pm_clock(&pm, false);
	acpi_pm_clock(&pm, true);
	assert_true(sci);
}

static void the_command_port_takes_over_and_gives_back(void **state)
{
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 0);
	out(ACPI_COMMAND_PORT + 1, 1, 0x5a);
	out(ACPI_COMMAND_PORT, 1, ACPI_ENABLE);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 1);
	assert_int_equal(in(ACPI_COMMAND_PORT, 2), 0x5a00 | ACPI_ENABLE);
	out(ACPI_COMMAND_PORT, 1, 0x00);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 1);
	out(ACPI_COMMAND_PORT, 1, ACPI_DISABLE);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 0);
}

static bool answers_at(uint16_t port)
{
	const struct bus_window *window = bus_find(&bus, port);

	return window && window->chip == &pm;
}

static void the_registers_move_and_the_command_port_stays(void **state)
{
	const struct bus_window other = { 0x840, 1, 0, 1, &acpi_pm_ops, &bus };

	assert_int_equal(bus_add(&bus, &other, &why), ERROR_NONE);
	assert_int_equal(acpi_pm_attach(&pm, &bus, 0xb000, &why), ERROR_NONE);
	assert_true(answers_at(0xb000) && !answers_at(ACPI_PM_PORT));
	assert_true(answers_at(ACPI_COMMAND_PORT));

	assert_int_equal(acpi_pm_attach(&pm, &bus, other.first, &why), ERROR_INVALID_INPUT);
	assert_false(answers_at(0xb000) || answers_at(other.first) || answers_at(other.first + 1));
	assert_true(answers_at(ACPI_COMMAND_PORT));

	assert_int_equal(acpi_pm_attach(&pm, &bus, ACPI_PM_PORT, &why), ERROR_NONE);
	assert_true(answers_at(ACPI_PM_PORT) && answers_at(ACPI_COMMAND_PORT));
	assert_int_equal(acpi_pm_attach(&pm, &bus, 0, &why), ERROR_NONE);
	assert_false(answers_at(ACPI_PM_PORT) || answers_at(0));
	assert_true(answers_at(ACPI_COMMAND_PORT));
}

static void sci_en_is_the_firmwares(void **state)
{
	out(ACPI_PM_CONTROL, 2, 0x0003);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 0x0002);
	acpi_pm_enable(&pm);
	out(ACPI_PM_CONTROL, 2, 0x0000);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 0x0001);
}

static void sleep_tells_its_type(void **state)
{
	out(ACPI_PM_CONTROL, 2, 5 << 10);
	assert_int_equal(slept, AWAKE);
	out(ACPI_PM_CONTROL, 2, 5 << 10 | 1 << 13);
	assert_int_equal(slept, ACPI_SLEEP_S5);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 5 << 10); /* SLP_EN reads as zero */
	slept = AWAKE;
	out(ACPI_PM_CONTROL + 1, 1, 0x20 | 1 << 2); /* by its high byte */
	assert_int_equal(slept, 1);
	assert_int_equal(in(STATUS, 2), 0x8000); /* awake again */
	slept = AWAKE;
	out(ACPI_PM_CONTROL, 1, 0xff);
	assert_int_equal(slept, AWAKE);
}

static void events_that_nobody_has_stay_away(void **state)
{
	out(ENABLE, 2, 0xffff);
	assert_int_equal(in(ENABLE, 2), 0x0721);
	out(ACPI_PM_GPE0, 4, 0xffffffff);
	assert_int_equal(in(ACPI_PM_GPE0, 4), 0xffff0000);
	assert_false(sci);
}

static void reset_goes_back_to_legacy_mode(void **state)
{
	acpi_pm_enable(&pm);
	out(ENABLE, 2, 0x100);
	acpi_pm_power_button(&pm);
	assert_true(sci);
	now = NANOSECONDS;
	in(ACPI_PM_TIMER, 4);
	acpi_pm_ops.reset(&pm);
	assert_false(sci);
	assert_int_equal(in(STATUS, 4), 0);
	assert_int_equal(in(ACPI_PM_CONTROL, 2), 0);
	assert_int_equal(in(ACPI_PM_TIMER, 4), 3579545); /* free-running */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_timer_has_its_rate, power_on),
		cmocka_unit_test_setup(the_carry_of_the_timer_asks, power_on),
		cmocka_unit_test_setup(the_power_button_asks_when_enabled, power_on),
		cmocka_unit_test_setup(the_clock_asks_each_time_its_wire_goes_high, power_on),
		cmocka_unit_test_setup(the_command_port_takes_over_and_gives_back, power_on),
		cmocka_unit_test_setup(the_registers_move_and_the_command_port_stays, power_on),
		cmocka_unit_test_setup(sci_en_is_the_firmwares, power_on),
		cmocka_unit_test_setup(sleep_tells_its_type, power_on),
		cmocka_unit_test_setup(events_that_nobody_has_stay_away, power_on),
		cmocka_unit_test_setup(reset_goes_back_to_legacy_mode, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
