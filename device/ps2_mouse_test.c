/* The PS/2 mouse, through the controller: identity, settings, reports, and its modes. */
#include "tests/host/i8042_machine.h"

static void to_mouse(uint8_t byte)
{
	command(0xd4, byte);
}

static void the_mouse_resets_and_says_who_it_is(void **state)
{
	command(0x60, 0x47);
	to_mouse(0xff);
	assert_true(irq12);
	expect(true, 0xfa);
	expect(true, 0xaa);
	expect(true, 0x00);
	assert_int_equal(irq12_edges, 3);
	assert_int_equal(irq1_edges, 0);
	to_mouse(0xf2);
	expect(true, 0xfa);
	expect(true, 0x00);
	to_mouse(0x55);
	expect(true, 0xfe);
	expect_nothing();
}

static void the_mouse_tells_its_status(void **state)
{
	to_mouse(0xe8);
	expect(true, 0xfa);
	to_mouse(0x03);
	expect(true, 0xfa);
	to_mouse(0xf3);
	expect(true, 0xfa);
	to_mouse(200);
	expect(true, 0xfa);
	to_mouse(0xf3);
	expect(true, 0xfa);
	to_mouse(77); /* no such rate */
	expect(true, 0xfe);
	to_mouse(0xe7);
	expect(true, 0xfa);
	to_mouse(0xf4);
	expect(true, 0xfa);
	to_mouse(0xe9);
	expect(true, 0xfa);
	expect(true, 0x30);
	expect(true, 3);
	expect(true, 200);
	to_mouse(0xf6);
	expect(true, 0xfa);
	to_mouse(0xe9);
	expect(true, 0xfa);
	expect(true, 0x00);
	expect(true, 2);
	expect(true, 100);
}

static void the_mouse_reports_movement(void **state)
{
	i8042_mouse(&i8042, 5, 5, 0);
	expect_nothing(); /* not asked to */
	to_mouse(0xf4);
	expect(true, 0xfa);
	i8042_mouse(&i8042, 10, -3, 1);
	expect(true, 0x29);
	expect(true, 10);
	expect(true, 0xfd);
	i8042_mouse(&i8042, -300, 0, 6); /* in two reports */
	expect(true, 0x1e);
	expect(true, 0x01);
	expect(true, 0);
	expect(true, 0x1e);
	expect(true, 0xd3);
	expect(true, 0);
	i8042_mouse(&i8042, 0, 0, 6); /* nothing new */
	expect_nothing();
	to_mouse(0xe7);
	expect(true, 0xfa);
	i8042_mouse(&i8042, 3, -20, 0);
	expect(true, 0x28);
	expect(true, 3);
	expect(true, 0xd8);
	for (unsigned i = 0; i < 1000; i++)
		i8042_mouse(&i8042, 0x7fffffff, -0x7fffffff, 0);
	for (unsigned i = 0; i < 200 && (in(COMMAND)&1); i++)
		in(DATA);
	expect_nothing(); /* there is an end to it */
}

static void the_mouse_in_remote_and_wrap_mode(void **state)
{
	to_mouse(0xf0);
	expect(true, 0xfa);
	i8042_mouse(&i8042, 7, 8, 4);
	expect_nothing();
	to_mouse(0xeb);
	expect(true, 0xfa);
	expect(true, 0x0c);
	expect(true, 7);
	expect(true, 8);
	to_mouse(0xee);
	expect(true, 0xfa);
	to_mouse(0xf4);
	expect(true, 0xf4); /* echoed */
	to_mouse(0xec);
	expect(true, 0xfa);
	to_mouse(0xea);
	expect(true, 0xfa);
	expect_nothing();
}

static void a_disabled_mouse_port_keeps_its_bytes(void **state)
{
	to_mouse(0xf4);
	expect(true, 0xfa);
	out(COMMAND, 0xa7);
	i8042_mouse(&i8042, 1, 1, 0);
	expect_nothing();
	out(COMMAND, 0xa8);
	expect(true, 0x08);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_mouse_resets_and_says_who_it_is, power_on),
		cmocka_unit_test_setup(the_mouse_tells_its_status, power_on),
		cmocka_unit_test_setup(the_mouse_reports_movement, power_on),
		cmocka_unit_test_setup(the_mouse_in_remote_and_wrap_mode, power_on),
		cmocka_unit_test_setup(a_disabled_mouse_port_keeps_its_bytes, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
