/* One 8254 channel against the wave forms of its datasheet ("Mode Definitions"), tick by tick, and
 * long runs against the same number of single ticks. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/pit_channel.h"
#include "lib/types.h"

#define LOW  0x10
#define HIGH 0x20
#define BOTH 0x30
#define BCD  1

static struct pit_channel channel;

static void program(unsigned mode, uint8_t more)
{
	channel = (struct pit_channel) { .gate = true };
	pit_channel_control(&channel, (uint8_t)(mode << 1 | more));
}

static void put16(uint16_t count)
{
	pit_channel_write(&channel, (uint8_t)count);
	pit_channel_write(&channel, (uint8_t)(count >> 8));
}

static uint16_t value(void)
{
	pit_channel_latch_count(&channel);
	if ((channel.control & BOTH) != BOTH)
		return pit_channel_read(&channel);
	uint16_t low = pit_channel_read(&channel);

	return (uint16_t)(low | pit_channel_read(&channel) << 8);
}

static uint8_t status(void)
{
	pit_channel_latch_status(&channel);
	return pit_channel_read(&channel);
}

static void gate(bool level)
{
	pit_channel_set_gate(&channel, level);
}

/* After each tick OUT is as drawn, '-' high and '_' low. */
static void expect_wave(const char *wave)
{
	for (; *wave; wave++) {
		pit_channel_run(&channel, 1);
		assert_int_equal(channel.out, *wave == '-');
	}
}

static void expect_values(const uint16_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		pit_channel_run(&channel, 1);
		assert_int_equal(value(), values[i]);
	}
}

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

static void counts_of_zero_are_the_largest(void **state)
{
	program(0, BOTH);
	put16(0);
	assert_int_equal(pit_channel_next(&channel), 0x10001);
	pit_channel_run(&channel, 1);
	assert_int_equal(value(), 0);
	pit_channel_run(&channel, 1);
	assert_int_equal(value(), 0xffff);
	program(2, BOTH | BCD);
	put16(0);
	pit_channel_run(&channel, 2);
	assert_int_equal(value(), 0x9999);
	assert_int_equal(pit_channel_next(&channel), 9999);
}

static void bcd_counts_in_tens(void **state)
{
	program(0, BOTH | BCD);
	put16(0x1001);
	pit_channel_run(&channel, 3);
	assert_int_equal(value(), 0x0999);
	assert_int_equal(pit_channel_next(&channel), 999);
	pit_channel_run(&channel, 1000);
	assert_int_equal(value(), 0x9999); /* on from the top */
	assert_true(channel.out);
	put16(0xffff); /* no BCD: still a count that ends */
	assert_true(pit_channel_next(&channel) <= 10001);
}

static void a_period_of_one_makes_no_edges(void **state)
{
	for (unsigned mode = 2; mode <= 3; mode++) {
		program(mode, LOW);
		pit_channel_write(&channel, 1);
		assert_int_equal(pit_channel_run(&channel, 1000), 0);
		assert_true(channel.out);
		assert_true(pit_channel_next(&channel) == PIT_NO_EDGE);
		pit_channel_write(&channel, 4);
		assert_int_equal(pit_channel_next(&channel), 1);
		assert_int_equal(pit_channel_run(&channel, 1), 0);
		assert_int_equal(pit_channel_run(&channel, 400), 100);
		pit_channel_write(&channel, 1);
		assert_true(pit_channel_run(&channel, 400) <= 1);
		assert_true(channel.out);
	}
}

static void a_latch_holds_until_it_is_read(void **state)
{
	program(2, BOTH);
	put16(0x1234);
	pit_channel_run(&channel, 1);
	pit_channel_latch_count(&channel);
	pit_channel_run(&channel, 5);
	pit_channel_latch_count(&channel); /* ignored */
	assert_int_equal(pit_channel_read(&channel), 0x34);
	pit_channel_run(&channel, 0x30);
	assert_int_equal(pit_channel_read(&channel), 0x12);
	assert_int_equal(pit_channel_read(&channel), 0xff); /* live: 0x11ff */
	assert_int_equal(pit_channel_read(&channel), 0x11);
	pit_channel_latch_count(&channel);
	pit_channel_latch_status(&channel);
	assert_int_equal(pit_channel_read(&channel), 0xb4); /* status goes first */
	assert_int_equal(pit_channel_read(&channel), 0xff);
	assert_int_equal(pit_channel_read(&channel), 0x11);
	pit_channel_latch_count(&channel);
	pit_channel_control(&channel, HIGH); /* reprogramming drops it */
	assert_int_equal(pit_channel_read(&channel), 0x11);
}

static void status_tells_of_out_null_count_and_control(void **state)
{
	program(3, BOTH | BCD);
	assert_int_equal(status(), 0x80 | 0x40 | 0x30 | 0x06 | 1);
	put16(0x10);
	assert_int_equal(status(), 0x80 | 0x40 | 0x30 | 0x06 | 1);
	pit_channel_run(&channel, 1);
	assert_int_equal(status(), 0x80 | 0x30 | 0x06 | 1);
	pit_channel_run(&channel, 5);
	assert_int_equal(status(), 0x30 | 0x06 | 1);
	program(7, LOW); /* another name of mode 3 */
	assert_int_equal(status(), 0x80 | 0x40 | 0x10 | 0x0e);
	pit_channel_write(&channel, 4);
	expect_wave("--__--__");
}

static void one_byte_counts(void **state)
{
	program(2, HIGH);
	pit_channel_write(&channel, 0x12);
	pit_channel_run(&channel, 1);
	assert_int_equal(pit_channel_read(&channel), 0x12);
	pit_channel_run(&channel, 1);
	assert_int_equal(pit_channel_read(&channel), 0x11);
	assert_int_equal(pit_channel_next(&channel), 0x11ff);
}

/* One long run is the same as many short ones, in state and in edges, and next() names the first
 * rising edge or one before it. */
static void long_runs_are_exact(void **state)
{
	static const uint16_t counts[] = { 1, 2, 3, 4, 5, 7, 10, 0x99, 0x100, 0x101 };
	uint32_t random = 7;

	for (unsigned trial = 0; trial < 20000; trial++) {
		struct pit_channel slow;
		uint64_t rises = 0, next;
		unsigned ticks;

		random = random * 1664525 + 1013904223;
		if (trial % 16 == 0)
			program(random >> 29, BOTH | (random >> 28 & BCD));
		if (trial % 3 == 0)
			put16(counts[(random >> 8) % ARRAY_SIZE(counts)]);
		if (trial % 5 == 0)
			gate(random >> 20 & 3);
		ticks = (random >> 12) % (trial % 2 ? 1000 : 8);
		slow = channel;
		next = pit_channel_next(&channel);
		for (unsigned i = 0; i < ticks; i++) {
			rises += pit_channel_run(&slow, 1);
			assert_true(!rises || next <= i + 1);
		}
		assert_true(pit_channel_run(&channel, ticks) == rises);
		assert_memory_equal(&channel, &slow, sizeof(slow));
	}
}

static void hours_pass_at_once(void **state)
{
	program(2, BOTH);
	put16(1193);
	pit_channel_run(&channel, 1);
	assert_true(pit_channel_run(&channel, 1193ull * 1000000000 + 5) == 1000000000);
	assert_int_equal(value(), 1193 - 5);
	program(3, BOTH);
	put16(1193);
	pit_channel_run(&channel, 1);
	assert_true(pit_channel_run(&channel, 1193ull * 1000000000 + 5) == 1000000000);
	assert_int_equal(value(), 1192 - 10);
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
		cmocka_unit_test(counts_of_zero_are_the_largest),
		cmocka_unit_test(bcd_counts_in_tens),
		cmocka_unit_test(a_period_of_one_makes_no_edges),
		cmocka_unit_test(a_latch_holds_until_it_is_read),
		cmocka_unit_test(status_tells_of_out_null_count_and_control),
		cmocka_unit_test(one_byte_counts),
		cmocka_unit_test(long_runs_are_exact),
		cmocka_unit_test(hours_pass_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
