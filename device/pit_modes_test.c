/* The six modes of an 8254 channel against the wave forms of its datasheet, tick by tick: "Mode
 * Definitions". */
#include "tests/host/pit_waves.h"

static void mode_0_counts_to_its_end_once(void **state)
{
	program(0, LOW);
	assert_false(channel.out);
	expect_wave("____"); /* no count, no counting */
	pit_channel_write(&channel, 4);
	assert_int_equal(pit_channel_next(&channel), 5);
	expect_values((const uint16_t[]) { 4, 3, 2, 1 }, 4);
	assert_false(channel.out);
	expect_wave("-----"); /* N + 1 ticks after it was written */
	assert_int_equal(value(), 0xfc);
	assert_true(pit_channel_next(&channel) == PIT_NO_EDGE);
	pit_channel_write(&channel, 2);
	assert_false(channel.out);
	expect_wave("__--");
}

static void mode_0_pauses_with_its_gate(void **state)
{
	program(0, LOW);
	pit_channel_write(&channel, 3);
	expect_wave("__");
	gate(false);
	assert_true(pit_channel_next(&channel) == PIT_NO_EDGE);
	expect_wave("______");
	gate(true);
	expect_wave("_-");
	/* Loaded with the gate low; N ticks after it rises. */
	gate(false);
	pit_channel_write(&channel, 3);
	expect_wave("____");
	assert_int_equal(value(), 3);
	gate(true);
	assert_int_equal(pit_channel_next(&channel), 3);
	expect_wave("__-");
}

static void mode_0_halts_between_two_bytes(void **state)
{
	program(0, BOTH);
	put16(3);
	expect_wave("___-");
	pit_channel_write(&channel, 2);
	assert_false(channel.out); /* at once, without a tick */
	expect_wave("____");
	pit_channel_write(&channel, 0);
	expect_wave("__-");
}

static void mode_1_is_a_retriggerable_one_shot(void **state)
{
	program(1, LOW);
	assert_true(channel.out);
	pit_channel_write(&channel, 3);
	expect_wave("---");
	gate(false);
	gate(true);
	assert_int_equal(pit_channel_next(&channel), 1);
	expect_wave("___--"); /* low for N ticks */
	gate(false);          /* no effect */
	gate(true);
	expect_wave("__");
	gate(false);
	gate(true);
	expect_wave("___-");
	/* A new count waits for the next trigger. */
	gate(false);
	gate(true);
	expect_wave("_");
	pit_channel_write(&channel, 5);
	expect_wave("__-");
	gate(false);
	gate(true);
	expect_wave("_____-");
}

static void mode_2_divides(void **state)
{
	program(2, LOW);
	assert_true(channel.out);
	pit_channel_write(&channel, 3);
	assert_int_equal(pit_channel_next(&channel), 4);
	expect_values((const uint16_t[]) { 3, 2 }, 2);
	assert_true(channel.out);
	expect_wave("_--_--_--"); /* low at 1: N ticks after it was written */
	pit_channel_run(&channel, 1);
	assert_int_equal(value(), 2 - 1);
}

static void mode_2_takes_a_new_count_at_its_end(void **state)
{
	program(2, LOW);
	pit_channel_write(&channel, 4);
	expect_wave("--");
	pit_channel_write(&channel, 5);
	assert_int_equal(status() & 0x40, 0x40);
	expect_wave("-_-");
	assert_int_equal(status() & 0x40, 0);
	expect_wave("---_-");
	/* A trigger reloads at once. */
	pit_channel_write(&channel, 3);
	gate(false);
	gate(true);
	expect_wave("--_-");
}

static void mode_2_stops_with_its_gate(void **state)
{
	program(2, LOW);
	pit_channel_write(&channel, 3);
	expect_wave("--_");
	gate(false);
	assert_true(channel.out); /* at once */
	expect_wave("------");
	gate(true);
	expect_wave("--_--_");
}

static void mode_3_is_square(void **state)
{
	program(3, LOW);
	pit_channel_write(&channel, 4);
	assert_int_equal(pit_channel_next(&channel), 3);
	expect_values((const uint16_t[]) { 4, 2, 4, 2, 4, 2 }, 6);
	expect_wave("__--__--");
	program(3, LOW);
	pit_channel_write(&channel, 5);
	expect_values((const uint16_t[]) { 4, 2, 0, 4, 2, 4, 2, 0, 4, 2 }, 10);
	expect_wave("---__---__");
}

static void mode_3_takes_a_new_count_after_a_half(void **state)
{
	program(3, LOW);
	pit_channel_write(&channel, 4);
	expect_wave("-");
	pit_channel_write(&channel, 6);
	expect_wave("-___---___");
	gate(false);
	assert_true(channel.out);
	expect_wave("----");
	gate(true);
	expect_wave("---___");
}

static void mode_4_strobes_once(void **state)
{
	program(4, LOW);
	assert_true(channel.out);
	pit_channel_write(&channel, 3);
	assert_int_equal(pit_channel_next(&channel), 5);
	expect_wave("---_---------");
	pit_channel_write(&channel, 3);
	expect_wave("--");
	pit_channel_write(&channel, 2); /* retriggered by software */
	expect_wave("--_-");
	pit_channel_write(&channel, 3);
	expect_wave("--");
	gate(false);
	expect_wave("----");
	gate(true);
	expect_wave("-_-");
}

static void mode_5_strobes_after_a_trigger(void **state)
{
	program(5, LOW);
	pit_channel_write(&channel, 3);
	expect_wave("-----");
	gate(false);
	gate(true);
	assert_int_equal(pit_channel_next(&channel), 5);
	expect_wave("---_-----");
	gate(false);
	gate(true);
	expect_wave("--");
	gate(false);
	gate(true);
	expect_wave("---_-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mode_0_counts_to_its_end_once),
		cmocka_unit_test(mode_0_pauses_with_its_gate),
		cmocka_unit_test(mode_0_halts_between_two_bytes),
		cmocka_unit_test(mode_1_is_a_retriggerable_one_shot),
		cmocka_unit_test(mode_2_divides),
		cmocka_unit_test(mode_2_takes_a_new_count_at_its_end),
		cmocka_unit_test(mode_2_stops_with_its_gate),
		cmocka_unit_test(mode_3_is_square),
		cmocka_unit_test(mode_3_takes_a_new_count_after_a_half),
		cmocka_unit_test(mode_4_strobes_once),
		cmocka_unit_test(mode_5_strobes_after_a_trigger),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
