/* The keyboard controller with its keyboard: commands, buffers, interrupts, translation, and the
 * lines of its output port. */
#include "tests/host/i8042_machine.h"

static void the_controller_tests_itself(void **state)
{
	out(COMMAND, 0xaa);
	expect(false, 0x55);
	assert_int_equal(in(COMMAND), 0x1c); /* unlocked, after a command, system flag */
	out(COMMAND, 0xab);
	expect(false, 0x00);
	out(COMMAND, 0xa9);
	expect(false, 0x00);
	out(COMMAND, 0xa4);
	expect(false, 0xf1);
	out(COMMAND, 0xc0);
	expect(false, 0x80);
	out(COMMAND, 0xe0);
	expect(false, 0x00);
	out(COMMAND, 0xb0); /* reserved */
	expect_nothing();
}

static void its_memory_is_read_and_written(void **state)
{
	out(COMMAND, 0x20);
	expect(false, 0x65);
	command(0x60, 0x47);
	assert_int_equal(in(COMMAND)&0x08, 0); /* data was last */
	out(COMMAND, 0x20);
	expect(false, 0x47);
	command(0x7f, 0x12);
	out(COMMAND, 0x3f);
	expect(false, 0x12);
	out(COMMAND, 0xad);
	out(COMMAND, 0xa7);
	out(COMMAND, 0x20);
	expect(false, 0x77);
	out(COMMAND, 0xae);
	out(COMMAND, 0xa8);
	out(COMMAND, 0x20);
	expect(false, 0x47);
	command(0x60, 0x43); /* without the system flag */
	assert_int_equal(in(COMMAND)&0x04, 0);
}

static void a_command_replaces_one_that_waits_for_its_byte(void **state)
{
	out(COMMAND, 0x60);
	out(COMMAND, 0xd3);
	out(DATA, 0x99);
	expect(true, 0x99);
	out(COMMAND, 0x20);
	expect(false, 0x65);
}

static void bytes_pretend_to_come_from_a_device(void **state)
{
	command(0xd2, 0xf0);
	assert_true(irq1);
	expect(false, 0xf0); /* not translated */
	assert_false(irq1);
	command(0x60, 0x47);
	command(0xd3, 0x5a);
	assert_true(irq12);
	expect(true, 0x5a);
	assert_false(irq12);
	command(0x60, 0x00); /* no interrupts */
	command(0xd2, 0x01);
	assert_false(irq1);
	expect(false, 0x01);
}

static void the_output_port_drives_a20_and_reset(void **state)
{
	assert_true(a20);
	assert_false(reset_line);
	out(COMMAND, 0xd0);
	expect(false, 0xcf);
	command(0xd1, 0xcd);
	assert_false(a20);
	command(0xd1, 0xcf);
	assert_true(a20);
	assert_int_equal(resets, 0);
	command(0xd1, 0xce);
	assert_int_equal(resets, 1);
	assert_true(reset_line); /* for as long as the bit is zero */
	command(0xd1, 0xcf);
	assert_false(reset_line);
	out(COMMAND, 0xff);
	out(COMMAND, 0xf1);
	assert_int_equal(resets, 1);
	out(COMMAND, 0xfe);
	assert_int_equal(resets, 2);
	assert_false(reset_line); /* a pulse */
	out(COMMAND, 0xf0);
	assert_int_equal(resets, 3);
	command(0xd2, 0x00);
	out(COMMAND, 0xd0);
	assert_int_equal(in(DATA), 0x00);
	expect(false, 0xdf); /* as it was when it was asked: the buffer was full */
}

static void the_keyboard_resets_and_says_who_it_is(void **state)
{
	out(DATA, 0xff);
	expect(false, 0xfa);
	expect(false, 0xaa);
	expect_nothing();
	command(0x60, 0x05); /* no translation */
	out(DATA, 0xf2);
	expect(false, 0xfa);
	expect(false, 0xab);
	expect(false, 0x83);
	command(0x60, 0x45);
	out(DATA, 0xf2);
	expect(false, 0xfa);
	expect(false, 0xab);
	expect(false, 0x41);
	out(DATA, 0xee);
	expect(false, 0xee);
	expect_nothing();
}

static void the_keyboard_takes_settings(void **state)
{
	command(0x60, 0x05);
	out(DATA, 0xed);
	expect(false, 0xfa);
	out(DATA, 0x07);
	expect(false, 0xfa);
	assert_int_equal(i8042.keyboard.leds, 7);
	out(DATA, 0xf3);
	expect(false, 0xfa);
	out(DATA, 0x20);
	expect(false, 0xfa);
	out(DATA, 0xf0);
	expect(false, 0xfa);
	out(DATA, 0x00);
	expect(false, 0xfa);
	expect(false, 0x02);
	out(DATA, 0xf0);
	expect(false, 0xfa);
	out(DATA, 0x03);
	expect(false, 0xfe);
	out(DATA, 0xed); /* a command in the place of a parameter */
	expect(false, 0xfa);
	out(DATA, 0xee);
	expect(false, 0xee);
	out(DATA, 0x01); /* no command */
	expect(false, 0xfe);
	out(DATA, 0xfe);
	expect(false, 0xee); /* the last but the request to resend */
	out(DATA, 0xf8);
	expect(false, 0xfa);
	expect_nothing();
}

static void keys_come_translated(void **state)
{
	assert_true(i8042_key(&i8042, 0x1c, true)); /* A */
	assert_true(irq1);
	assert_true(i8042_key(&i8042, 0x1c, false));
	expect(false, 0x1e);
	expect(false, 0x9e);
	assert_int_equal(irq1_edges, 2); /* one each */
	i8042_key(&i8042, 0xe075, true); /* cursor up */
	i8042_key(&i8042, 0xe075, false);
	expect(false, 0xe0);
	expect(false, 0x48);
	expect(false, 0xe0);
	expect(false, 0xc8);
	i8042_key(&i8042, 0x83, true); /* F7 */
	i8042_key(&i8042, 0x83, false);
	expect(false, 0x41);
	expect(false, 0xc1);
	expect_nothing();
	assert_false(irq1);
}

static void keys_come_raw_without_translation(void **state)
{
	command(0x60, 0x05);
	i8042_key(&i8042, 0xe014, true); /* right control */
	i8042_key(&i8042, 0xe014, false);
	expect(false, 0xe0);
	expect(false, 0x14);
	expect(false, 0xe0);
	expect(false, 0xf0);
	expect(false, 0x14);
	out(DATA, 0xf0);
	expect(false, 0xfa);
	out(DATA, 0x01);
	expect(false, 0xfa);
	i8042_key(&i8042, 0x1c, true);
	i8042_key(&i8042, 0x1c, false);
	expect(false, 0x1e);
	expect(false, 0x9e);
}

static void a_disabled_keyboard_keeps_quiet(void **state)
{
	out(DATA, 0xf5);
	expect(false, 0xfa);
	assert_true(i8042_key(&i8042, 0x1c, true));
	expect_nothing();
	out(DATA, 0xf4);
	expect(false, 0xfa);
	out(COMMAND, 0xad); /* its clock is held: it keeps what it has */
	i8042_key(&i8042, 0x1c, true);
	expect_nothing();
	out(COMMAND, 0xae);
	expect(false, 0x1e);
	out(COMMAND, 0xad);
	out(DATA, 0xee); /* sending to it opens the way back */
	expect(false, 0xee);
}

static void a_full_keyboard_refuses_keys_but_answers(void **state)
{
	unsigned taken = 0, got = 0;

	while (i8042_key(&i8042, 0x1c, true))
		assert_true(++taken < 100);
	assert_in_range(taken, 5, 16);
	out(DATA, 0xee);
	while (in(COMMAND)&1) {
		assert_int_equal(in(DATA), got < taken ? 0x1e : 0xee);
		got++;
	}
	assert_int_equal(got, taken + 1);
}

static void a_reply_waits_for_the_buffer(void **state)
{
	i8042_key(&i8042, 0x1c, true);
	i8042_key(&i8042, 0x1b, true);
	out(COMMAND, 0x20);
	expect(false, 0x1e); /* was there first */
	expect(false, 0x65);
	expect(false, 0x1f);
	assert_int_equal(in(DATA), 0x1f); /* empty: the last byte stays */
}

static void reset_empties_everything(void **state)
{
	i8042_key(&i8042, 0x1c, true);
	command(0xd1, 0xcd);
	i8042_ops.reset(&i8042);
	assert_false(irq1);
	assert_true(a20);
	expect_nothing();
	out(COMMAND, 0x20);
	expect(false, 0x65);
}

static void survives_any_writes(void **state)
{
	uint32_t random = 9;

	for (unsigned i = 0; i < 300000; i++) {
		random = random * 1664525 + 1013904223;
		switch (random >> 29) {
		case 0:
			i8042_key(&i8042, (uint16_t)(random >> 8), random >> 7 & 1);
			break;
		case 1:
			i8042_mouse(&i8042, (int)random, (int)(random << 9),
				    (uint8_t)(random >> 8));
			break;
		case 2:
		case 3:
			in(random >> 8 & 1 ? COMMAND : DATA);
			break;
		default:
			out(random >> 28 & 1 ? COMMAND : DATA, (uint8_t)(random >> 16));
		}
	}
	i8042_ops.reset(&i8042);
	the_controller_tests_itself(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_controller_tests_itself, power_on),
		cmocka_unit_test_setup(its_memory_is_read_and_written, power_on),
		cmocka_unit_test_setup(a_command_replaces_one_that_waits_for_its_byte, power_on),
		cmocka_unit_test_setup(bytes_pretend_to_come_from_a_device, power_on),
		cmocka_unit_test_setup(the_output_port_drives_a20_and_reset, power_on),
		cmocka_unit_test_setup(the_keyboard_resets_and_says_who_it_is, power_on),
		cmocka_unit_test_setup(the_keyboard_takes_settings, power_on),
		cmocka_unit_test_setup(keys_come_translated, power_on),
		cmocka_unit_test_setup(keys_come_raw_without_translation, power_on),
		cmocka_unit_test_setup(a_disabled_keyboard_keeps_quiet, power_on),
		cmocka_unit_test_setup(a_full_keyboard_refuses_keys_but_answers, power_on),
		cmocka_unit_test_setup(a_reply_waits_for_the_buffer, power_on),
		cmocka_unit_test_setup(reset_empties_everything, power_on),
		cmocka_unit_test_setup(survives_any_writes, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
