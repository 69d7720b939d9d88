/* Ports 0x92 and 0xcf9: which writes reset what, and who lets address line 20 through. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/reset_ports.h"

#define NOTHING (-1)

static struct reset_ports ports;
static struct bus bus;
static struct reason why;
static bool a20;
static int last;

static void set_a20(void *context, unsigned number, bool level)
{
	a20 = level;
}

static void hear(void *context, enum reset_kind kind)
{
	assert_ptr_equal(context, &bus);
	last = (int)kind;
}

static int power_on(void **state)
{
	const struct wire wire = { .set = set_a20 };

	bus.count = 0;
	last = NOTHING;
	reset_ports_init(&ports, &wire, &bus, hear);
	assert_int_equal(reset_ports_attach(&ports, &bus, &why), ERROR_NONE);
	return 0;
}

/* What a write leads to. */
static int out(uint16_t port, uint8_t value)
{
	last = NOTHING;
	bus_write(&bus, 0, port, 1, value);
	return last;
}

static uint8_t in(uint16_t port)
{
	return (uint8_t)bus_read(&bus, 0, port, 1);
}

static void port_92_initializes_at_an_edge(void **state)
{
	assert_int_equal(out(0x92, 0x02), NOTHING);
	assert_int_equal(out(0x92, 0x03), RESET_KIND_INIT);
	assert_int_equal(in(0x92), 0x03);
	assert_int_equal(out(0x92, 0x03), NOTHING);
	assert_int_equal(out(0x92, 0xfc), NOTHING);
	assert_int_equal(in(0x92), 0x00);
	assert_int_equal(out(0x92, 0x01), RESET_KIND_INIT);
}

static void either_lets_a20_through(void **state)
{
	assert_true(a20);
	reset_ports_set_keyboard_a20(&ports, 0, false);
	assert_false(a20);
	out(0x92, 0x02);
	assert_true(a20);
	assert_true(reset_ports_a20(&ports));
	reset_ports_set_keyboard_a20(&ports, 0, true);
	out(0x92, 0x00);
	assert_true(a20);
	reset_ports_set_keyboard_a20(&ports, 0, false);
	assert_false(a20);
	assert_false(reset_ports_a20(&ports));
}

static void the_control_register_resets_by_kind(void **state)
{
	assert_int_equal(out(0xcf9, 0x00), NOTHING);
	assert_int_equal(out(0xcf9, 0x04), RESET_KIND_INIT);
	assert_int_equal(out(0xcf9, 0x02), NOTHING);
	assert_int_equal(in(0xcf9), 0x02);
	assert_int_equal(out(0xcf9, 0x06), RESET_KIND_HARD);
	assert_int_equal(in(0xcf9), 0x06);
	assert_int_equal(out(0xcf9, 0x06), NOTHING); /* no edge */
	assert_int_equal(out(0xcf9, 0x0a), NOTHING);
	assert_int_equal(out(0xcf9, 0x0e), RESET_KIND_POWER_CYCLE);
	reset_ports_ops.reset(&ports); /* what the board does then */
	assert_int_equal(in(0xcf9), 0x00);
	assert_int_equal(out(0xcf9, 0xff), RESET_KIND_POWER_CYCLE);
	assert_int_equal(in(0xcf9), 0x0e);
}

static void the_keyboard_controller_resets_at_an_edge(void **state)
{
	reset_ports_set_keyboard_reset(&ports, 0, false);
	assert_int_equal(last, NOTHING);
	reset_ports_set_keyboard_reset(&ports, 0, true);
	assert_int_equal(last, RESET_KIND_INIT);
	last = NOTHING;
	reset_ports_set_keyboard_reset(&ports, 0, true);
	assert_int_equal(last, NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(port_92_initializes_at_an_edge, power_on),
		cmocka_unit_test_setup(either_lets_a20_through, power_on),
		cmocka_unit_test_setup(the_control_register_resets_by_kind, power_on),
		cmocka_unit_test_setup(the_keyboard_controller_resets_at_an_edge, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
