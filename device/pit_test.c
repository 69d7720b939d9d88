/* The 8254 in its PC: ports, commands, port 0x61, the wire to IRQ 0, and a board that comes late. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/clock.h"
#include "device/pit.h"

#define CONTROL 0x43
#define PORT_B  0x61

static struct pit pit;
static struct bus bus;
static struct reason why;
static device_time now;
static bool irq;
static unsigned edges;

static void set_irq(void *context, unsigned number, bool level)
{
	edges += level && !irq;
	irq = level;
}

static int power_on(void **state)
{
	const struct wire wire = { .set = set_irq };

	bus.count = 0;
	now = 0;
	irq = false;
	pit_init(&pit, &wire);
	edges = 0;
	assert_int_equal(pit_attach(&pit, &bus, &why), ERROR_NONE);
	return 0;
}

static void out(uint16_t port, uint8_t value)
{
	bus_write(&bus, now, port, 1, value);
}

static uint8_t in(uint16_t port)
{
	return (uint8_t)bus_read(&bus, now, port, 1);
}

/* Two bytes, the low one first. */
static uint16_t in16(uint16_t port)
{
	uint16_t low = in(port);

	return (uint16_t)(low | in(port) << 8);
}

static void go_to(device_time at)
{
	now = at;
	pit_ops.advance(&pit, now);
}

static void program(unsigned channel, unsigned mode, uint16_t count)
{
	out(CONTROL, (uint8_t)(channel << 6 | 0x30 | mode << 1));
	out((uint16_t)(0x40 + channel), (uint8_t)count);
	out((uint16_t)(0x40 + channel), (uint8_t)(count >> 8));
}

static void does_nothing_before_it_is_programmed(void **state)
{
	assert_true(pit_ops.next(&pit) == DEVICE_NEVER);
	go_to(3600 * NANOSECONDS);
	assert_int_equal(edges, 0);
	assert_int_equal(in(CONTROL), 0xff); /* write only */
}

static void a_second_has_1193182_ticks(void **state)
{
	program(2, 0, 0xffff);
	out(PORT_B, 1);
	go_to(clock_time(1, PIT_HZ)); /* loads */
	out(CONTROL, 0x80);
	assert_int_equal(in(0x42), 0xff);
	assert_int_equal(in(0x42), 0xff);
	go_to(now + NANOSECONDS);
	out(CONTROL, 0x80);
	assert_int_equal(in16(0x42), (0xffff - 1193182) & 0xffff);
}

/* A board that sleeps until next() sees each edge of IRQ 0 at its tick. */
static void each_period_has_its_edge(void **state)
{
	go_to(12345678);
	program(0, 2, 1193);
	edges = 0; /* OUT has gone high */
	uint64_t start = pit.tick + 1;

	for (unsigned i = 1; i <= 1000; i++) {
		device_time next = pit_ops.next(&pit);

		assert_true(next == clock_time(start + i * 1193, PIT_HZ));
		go_to(next - 1);
		assert_int_equal(edges, i - 1);
		go_to(next);
		assert_int_equal(edges, i);
		assert_true(irq);
	}
	assert_int_equal(pit.missed, 0);
}

static void a_square_wave_falls_between(void **state)
{
	program(0, 3, 1000);
	edges = 0;
	for (unsigned i = 0; i < 10; i++) {
		go_to(pit_ops.next(&pit));
		assert_int_equal(irq, i % 2);
	}
	assert_int_equal(edges, 5);
	assert_true(now == clock_time(1 + 10 * 500, PIT_HZ));
}

static void a_late_board_is_told_what_it_missed(void **state)
{
	program(0, 2, 1193);
	edges = 0;
	uint64_t start = pit.tick + 1;

	go_to(clock_time(start + 1193 * 7 + 10, PIT_HZ));
	assert_int_equal(edges, 1); /* the wire went low and high */
	assert_int_equal(pit.missed, 6);
	/* The phase is kept. */
	assert_true(pit_ops.next(&pit) == clock_time(start + 1193 * 8, PIT_HZ));
	out(CONTROL, 0x00);
	assert_int_equal(in16(0x40), 1193 - 10);
}

static void a_one_shot_comes_once(void **state)
{
	program(0, 4, 100);
	edges = 0;
	assert_true(pit_ops.next(&pit) == clock_time(102, PIT_HZ));
	go_to(pit_ops.next(&pit));
	assert_int_equal(edges, 1);
	assert_true(pit_ops.next(&pit) == DEVICE_NEVER);
	program(0, 0, 100);
	assert_false(irq);
	go_to(pit_ops.next(&pit));
	assert_int_equal(edges, 2);
	go_to(now + NANOSECONDS);
	assert_int_equal(edges, 2);
}

static void time_that_stands_still_counts_nothing(void **state)
{
	program(0, 0, 1);
	for (unsigned i = 0; i < 10; i++)
		go_to(0);
	assert_false(irq);
	go_to(pit_ops.next(&pit));
	go_to(0); /* nor does it go back */
	assert_true(irq);
}

static void read_back_latches_several(void **state)
{
	program(0, 2, 0x1000);
	program(1, 2, 0x2000);
	program(2, 2, 0x3000);
	out(PORT_B, 1);
	go_to(clock_time(1, PIT_HZ));
	out(CONTROL, 0xc0 | 0x02 | 0x08); /* count and status of 0 and 2 */
	go_to(now + 1000000);
	assert_int_equal(in(0x40), 0xb4);
	assert_int_equal(in16(0x40), 0x1000);
	assert_int_equal(in(0x42), 0xb4);
	assert_int_equal(in16(0x42), 0x3000);
	out(CONTROL, 0xc0 | 0x20 | 0x04); /* status of 1 only */
	assert_int_equal(in(0x41), 0xb4);
	uint16_t count = in16(0x41);
	assert_int_equal(count, 0x2000 - clock_ticks(now, PIT_HZ) + 1);
}

static void port_61_gates_channel_2_and_shows_it(void **state)
{
	out(PORT_B, 0xff);
	assert_int_equal(in(PORT_B)&0x0f, 0x0f); /* the rest is read only */
	assert_int_equal(in(PORT_B)&0xc0, 0);
	out(PORT_B, 0);
	program(2, 0, 1000);
	assert_int_equal(in(PORT_B)&0x20, 0);
	go_to(10000000);
	assert_int_equal(in(PORT_B)&0x20, 0); /* the gate is closed */
	out(PORT_B, 1);
	go_to(now + 999 * 838);
	assert_int_equal(in(PORT_B)&0x20, 0);
	go_to(now + 2 * 839);
	assert_int_equal(in(PORT_B)&0x20, 0x20);
	assert_int_equal(edges, 0); /* none of IRQ 0's business */
}

static void the_refresh_bit_toggles_every_15_microseconds(void **state)
{
	unsigned changes = 0;
	bool before = in(PORT_B)&0x10;

	for (now = 0; now < 1508500; now += 500) {
		bool level = in(PORT_B)&0x10;

		changes += level != before;
		before = level;
	}
	assert_in_range(changes, 99, 100);
}

static void reset_stops_it(void **state)
{
	program(0, 2, 100);
	pit_ops.reset(&pit);
	assert_false(irq);
	assert_true(pit_ops.next(&pit) == DEVICE_NEVER);
}

/* Whatever a guest writes, time passes in bounded work, and next() is in the future. */
static void survives_any_writes(void **state)
{
	uint32_t random = 3;

	for (unsigned i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		uint16_t port = (uint16_t)(random >> 30 ? 0x40 + (random >> 20 & 3) : PORT_B);

		if (random >> 19 & 1)
			out(port, (uint8_t)(random >> 8));
		else
			in(port);
		now += (uint64_t)(random >> 16 & 0xfff) << (i % 30);
		pit_ops.advance(&pit, now);
		assert_true(pit_ops.next(&pit) > now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(does_nothing_before_it_is_programmed, power_on),
		cmocka_unit_test_setup(a_second_has_1193182_ticks, power_on),
		cmocka_unit_test_setup(each_period_has_its_edge, power_on),
		cmocka_unit_test_setup(a_square_wave_falls_between, power_on),
		cmocka_unit_test_setup(a_late_board_is_told_what_it_missed, power_on),
		cmocka_unit_test_setup(a_one_shot_comes_once, power_on),
		cmocka_unit_test_setup(time_that_stands_still_counts_nothing, power_on),
		cmocka_unit_test_setup(read_back_latches_several, power_on),
		cmocka_unit_test_setup(port_61_gates_channel_2_and_shows_it, power_on),
		cmocka_unit_test_setup(the_refresh_bit_toggles_every_15_microseconds, power_on),
		cmocka_unit_test_setup(reset_stops_it, power_on),
		cmocka_unit_test_setup(survives_any_writes, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
