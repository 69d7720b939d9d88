/* One 8254 channel as the CPU sees it: counts, latches, status; and long runs against the same number
 * of single ticks. Its modes are in pit_modes_test.c. */
#include "tests/host/pit_waves.h"

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
