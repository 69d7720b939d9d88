/* The calendar of the real-time clock: its formats, its leap years, and its agreement with the C
 * library's. */
#include "tests/host/rtc_machine.h"

static void starts_at_the_given_time(void **state)
{
	expect_time(0x22, 0x13, 0x20);
	expect_date(3, 0x14, 0x11, 0x23);
	assert_int_equal(get(RTC_CENTURY), 0x20);
	assert_int_equal(get(RTC_A), 0x26);
	assert_int_equal(get(RTC_B), 0x02);
	assert_int_equal(get(RTC_C), 0);
	assert_int_equal(get(RTC_D), 0x80);
}

static void agrees_with_the_calendar(void **state)
{
	/* By any way to a day, from 1970 to 2099: set, or reckoned on from another. */
	for (uint64_t seconds = 86399; seconds < 4102444800; seconds += 86400 * 9 + 3601) {
		time_t t = (time_t)seconds;
		struct tm *tm = gmtime(&t);
		uint8_t before[RTC_BYTES];

		start_at(seconds);
		rtc.bytes[RTC_B] |= RTC_B_BINARY;
		rtc_time_set(rtc.bytes, seconds);
		assert_int_equal(rtc.bytes[RTC_SECONDS], tm->tm_sec);
		assert_int_equal(rtc.bytes[RTC_MINUTES], tm->tm_min);
		assert_int_equal(rtc.bytes[RTC_HOURS], tm->tm_hour);
		assert_int_equal(rtc.bytes[RTC_WEEKDAY], tm->tm_wday + 1);
		assert_int_equal(rtc.bytes[RTC_DAY], tm->tm_mday);
		assert_int_equal(rtc.bytes[RTC_MONTH], tm->tm_mon + 1);
		assert_int_equal(rtc.bytes[RTC_YEAR], tm->tm_year % 100);
		assert_int_equal(rtc.bytes[RTC_CENTURY], 19 + tm->tm_year / 100);
		for (unsigned i = 0; i < RTC_BYTES; i++)
			before[i] = rtc.bytes[i];
		rtc_time_set(rtc.bytes, seconds % 946684800);
		rtc_time_add(rtc.bytes, seconds - seconds % 946684800);
		assert_memory_equal(before, rtc.bytes, RTC_BYTES);
	}
}

static void goes_on_with_the_time_of_the_vm(void **state)
{
	go_to(39 * NANOSECONDS);
	expect_time(0x22, 0x13, 0x59);
	go_to(40 * NANOSECONDS - 1);
	expect_time(0x22, 0x13, 0x59);
	go_to(40 * NANOSECONDS);
	expect_time(0x22, 0x14, 0x00);
	go_to((46 * 60 + 40) * NANOSECONDS);
	expect_time(0x23, 0x00, 0x00);
	go_to((106 * 60 + 40) * NANOSECONDS);
	expect_time(0x00, 0x00, 0x00);
	expect_date(4, 0x15, 0x11, 0x23);
	go_to(now + 366ull * 86400 * NANOSECONDS); /* over 29 February 2024 */
	expect_date(6, 0x15, 0x11, 0x24);
}

static void each_fourth_year_is_a_leap_year_and_centuries_end(void **state)
{
	start_at(951782399); /* 28 February 2000, 23:59:59 */
	go_to(NANOSECONDS);
	expect_date(3, 0x29, 0x02, 0x00);
	now = 0;
	start_at(4102444799); /* 31 December 2099, 23:59:59 */
	go_to(NANOSECONDS);
	expect_time(0x00, 0x00, 0x00);
	expect_date(6, 0x01, 0x01, 0x00);
	assert_int_equal(get(RTC_CENTURY), 0x21);
}

static void formats_of_hours(void **state)
{
	set(RTC_B, 0x00);     /* 12 hours, BCD */
	set(RTC_HOURS, 0x12); /* midnight */
	set(RTC_MINUTES, 0x59);
	set(RTC_SECONDS, 0x59);
	go_to(NANOSECONDS);
	expect_time(0x01, 0x00, 0x00);
	set(RTC_HOURS, 0x11);
	go_to(now + 3600 * NANOSECONDS);
	expect_time(0x92, 0x00, 0x00); /* noon */
	go_to(now + 11 * 3600 * NANOSECONDS);
	expect_time(0x91, 0x00, 0x00);
	go_to(now + 3600 * NANOSECONDS);
	expect_time(0x12, 0x00, 0x00);
	set(RTC_B, 0x04); /* 12 hours, binary */
	set(RTC_HOURS, 0x8b);
	set(RTC_MINUTES, 59);
	set(RTC_SECONDS, 58);
	set(RTC_DAY, 30);
	set(RTC_MONTH, 12);
	set(RTC_YEAR, 99);
	go_to(now + 2 * NANOSECONDS);
	expect_time(12, 0, 0);
	assert_int_equal(get(RTC_DAY), 31);
	set(RTC_B, 0x06);
	set(RTC_HOURS, 23);
	go_to(now + 3600 * NANOSECONDS);
	expect_time(0, 0, 0);
	assert_int_equal(get(RTC_YEAR), 0);
	assert_int_equal(get(RTC_MONTH), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(starts_at_the_given_time, power_on),
		cmocka_unit_test_setup(agrees_with_the_calendar, power_on),
		cmocka_unit_test_setup(goes_on_with_the_time_of_the_vm, power_on),
		cmocka_unit_test_setup(each_fourth_year_is_a_leap_year_and_centuries_end, power_on),
		cmocka_unit_test_setup(formats_of_hours, power_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
