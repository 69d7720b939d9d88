/* Registers in each of the chip's formats, the ends of months and years, and what is no time at all. The
 * seconds are those that `date --utc +%s` tells of the date. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernel/wall_clock_reading.h"
#include "lib/bits.h"

#define B_24_HOURS BIT(1)
#define B_BINARY   BIT(2)
#define PM         0x80

#define INVALID UINT64_MAX

/* 2024-02-29 23:59:58 in BCD and 24 hours. */
static const struct wall_clock_registers leap_day = {
	.second = 0x58,
	.minute = 0x59,
	.hour = 0x23,
	.day = 0x29,
	.month = 0x02,
	.year = 0x24,
	.century = 0x20,
	.b = B_24_HOURS,
};
#define LEAP_DAY 1709251198ull

static uint64_t decode(struct wall_clock_registers registers)
{
	uint64_t seconds;

	return wall_clock_decode(&registers, &seconds) ? seconds : INVALID;
}

static struct wall_clock_registers date(uint8_t century, uint8_t year, uint8_t month, uint8_t day)
{
	return (struct wall_clock_registers) {
		.century = century, .year = year, .month = month, .day = day, .b = B_24_HOURS
	};
}

static struct wall_clock_registers at_hour(uint8_t hour, uint8_t b)
{
	return (struct wall_clock_registers) {
		.year = 0, .month = 1, .day = 1, .hour = hour, .b = b
	};
}

static void bcd_and_binary(void **state)
{
	const struct wall_clock_registers binary = {
		.second = 58,
		.minute = 59,
		.hour = 23,
		.day = 29,
		.month = 2,
		.year = 24,
		.century = 20,
		.b = B_24_HOURS | B_BINARY,
	};

	assert_int_equal(decode(leap_day), LEAP_DAY);
	assert_int_equal(decode(binary), LEAP_DAY);
}

static void twelve_hours(void **state)
{
	const uint64_t midnight = 946684800; /* 2000-01-01 */

	assert_int_equal(decode(at_hour(0x00, B_24_HOURS)), midnight);
	assert_int_equal(decode(at_hour(0x12, 0)), midnight);
	assert_int_equal(decode(at_hour(0x01, 0)), midnight + 3600);
	assert_int_equal(decode(at_hour(0x11, 0)), midnight + 11 * 3600);
	assert_int_equal(decode(at_hour(PM | 0x12, 0)), midnight + 12 * 3600);
	assert_int_equal(decode(at_hour(PM | 0x11, 0)), midnight + 23 * 3600);
	assert_int_equal(decode(at_hour(PM | 11, B_BINARY)), midnight + 23 * 3600);
	assert_int_equal(decode(at_hour(0x00, 0)), INVALID);
	assert_int_equal(decode(at_hour(0x13, 0)), INVALID);
	assert_int_equal(decode(at_hour(PM | 0x12, B_24_HOURS)), INVALID);
}

static void centuries(void **state)
{
	assert_int_equal(decode(date(0x19, 0x70, 1, 1)), 0);
	assert_int_equal(decode(date(0x19, 0x99, 0x12, 0x31)), 946598400);
	assert_int_equal(decode(date(0x20, 0x99, 0x12, 0x31)), 4102358400);
	/* before 1970, and a byte that is used for something else */
	assert_int_equal(decode(date(0x19, 0x69, 0x12, 0x31)), INVALID);
	assert_int_equal(decode(date(0x00, 0x26, 1, 1)), 1767225600);
	assert_int_equal(decode(date(0xff, 0x26, 1, 1)), 1767225600);
	assert_int_equal(decode(date(0x21, 0x26, 1, 1)), 1767225600);
}

static void ends_of_months(void **state)
{
	assert_int_equal(decode(date(0x20, 0x00, 2, 0x29)), 951782400);
	assert_int_equal(decode(date(0x20, 0x23, 2, 0x29)), INVALID);
	assert_int_equal(decode(date(0x20, 0x23, 3, 1)) - decode(date(0x20, 0x23, 2, 0x28)), 86400);
	assert_int_equal(decode(date(0x20, 0x24, 3, 1)) - decode(date(0x20, 0x24, 2, 0x28)),
			 2 * 86400);
	assert_int_equal(decode(date(0x20, 0x24, 4, 0x31)), INVALID);
	assert_int_equal(decode(date(0x20, 0x24, 0x12, 0x31)) - decode(date(0x20, 0x24, 1, 1)),
			 365 * 86400);
}

static void what_is_no_time(void **state)
{
	const uint8_t absent = 0xff; /* what is read where no chip answers */
	struct wall_clock_registers registers = leap_day;

	registers.second = 0x60;
	assert_int_equal(decode(registers), INVALID);
	registers.second = 0x5a;
	assert_int_equal(decode(registers), INVALID);
	registers = leap_day;
	registers.minute = 0x60;
	assert_int_equal(decode(registers), INVALID);
	registers = leap_day;
	registers.hour = 0x24;
	assert_int_equal(decode(registers), INVALID);
	assert_int_equal(decode(date(0x20, 0x24, 0, 1)), INVALID);
	assert_int_equal(decode(date(0x20, 0x24, 0x13, 1)), INVALID);
	assert_int_equal(decode(date(0x20, 0x24, 1, 0)), INVALID);
	assert_int_equal(decode(date(0x20, 0xa0, 1, 1)), INVALID);
	registers = (struct wall_clock_registers) { absent, absent, absent, absent,
						    absent, absent, absent, absent };
	assert_int_equal(decode(registers), INVALID);
	registers.b = 0;
	assert_int_equal(decode(registers), INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bcd_and_binary),  cmocka_unit_test(twelve_hours),
		cmocka_unit_test(centuries),       cmocka_unit_test(ends_of_months),
		cmocka_unit_test(what_is_no_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
