/* The paravirtual clock, read as a guest reads it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/pvclock.h"

#define RAM_SIZE 256u

static uint8_t ram[RAM_SIZE];
static struct pvclock clock;

static bool write_ram(void *context, uint64_t at, const void *from, uint64_t length)
{
	if (at > RAM_SIZE || length > RAM_SIZE - at)
		return false;
	memcpy(ram + at, from, length);
	return true;
}

static const struct device_memory memory = { .write = write_ram };

static int set_up(void **state)
{
	memset(ram, 0xcc, sizeof(ram));
	clock = (struct pvclock) { 0 };
	return 0;
}

static uint64_t load(unsigned at, unsigned width)
{
	uint64_t value = 0;

	memcpy(&value, ram + at, width);
	return value;
}

/* What a guest computes at `tsc`. */
static uint64_t guest_time(unsigned at, uint64_t tsc)
{
	uint64_t delta = tsc - load(at + 8, 8);
	int8_t shift = (int8_t)load(at + 28, 1);

	delta = shift < 0 ? delta >> -shift : delta << shift;
	return load(at + 16, 8) + (uint64_t)((unsigned __int128)delta * load(at + 24, 4) >> 32);
}

static void a_guest_reads_the_time(void **state)
{
	static const uint64_t rates[] = { 1000000,     10000000,    49998731,   999999999,
					  1000000000,  1000000001,  2000000000, 2000000001,
					  3500000000u, 10000000000u };

	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++) {
		const struct pvclock_moment moment = { 5 * NANOSECONDS, 777, rates[i] };

		assert_true(pvclock_set_system_time(&clock, &memory, &moment, 0x40 | 1));
		assert_int_equal(guest_time(0x40, 777), 5 * NANOSECONDS);
		/* An hour later it is right to a billionth. */
		assert_in_range(guest_time(0x40, 777 + 3600 * rates[i]), 3605 * NANOSECONDS - 3600,
				3605 * NANOSECONDS + 3600);
		assert_int_equal(load(0x40, 4) & 1, 0);
		assert_int_equal(load(0x40 + 29, 1), 1);
	}
	assert_int_equal(clock.system_time, 0x41);
}

static void places_are_checked(void **state)
{
	const struct pvclock_moment moment = { 0, 0, 1000000000 };

	assert_false(pvclock_set_system_time(&clock, &memory, &moment, 0x42 | 1));
	assert_false(pvclock_set_system_time(&clock, &memory, &moment, (RAM_SIZE - 28) | 1));
	assert_false(pvclock_set_wall_clock(&clock, &memory, 0, RAM_SIZE - 8));
	assert_false(pvclock_set_wall_clock(&clock, &memory, 0, 1));
	assert_int_equal(clock.system_time, 0);
	/* Switched off, the place does not matter and nothing is written. */
	assert_true(pvclock_set_system_time(&clock, &memory, &moment, 0x100000));
	pvclock_update(&clock, &memory, &moment);
	assert_int_equal(ram[0], 0xcc);
}

static void the_wall_clock_is_the_beginning(void **state)
{
	assert_true(pvclock_set_wall_clock(&clock, &memory, 1000000000, 0x80));
	assert_int_equal(load(0x84, 4), 1000000000);
	assert_int_equal(load(0x88, 4), 0);
	assert_int_equal(load(0x80, 4) & 1, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_guest_reads_the_time, set_up),
		cmocka_unit_test_setup(places_are_checked, set_up),
		cmocka_unit_test_setup(the_wall_clock_is_the_beginning, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
