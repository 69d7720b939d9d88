/* A real-time clock on a bus of ports, for its tests. */
#ifndef TESTS_HOST_RTC_MACHINE_H
#define TESTS_HOST_RTC_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <time.h>

#include "device/rtc.h"
#include "device/rtc_time.h"
#include "lib/bits.h"

#define START 1700000000ull /* Tuesday, 14 November 2023, 22:13:20 */

#define SET 0x80
#define PIE 0x40
#define AIE 0x20
#define UIE 0x10

static struct rtc rtc;
static struct bus bus;
static struct reason why;
static device_time now;
static bool irq;
static unsigned edges;

static inline void set_irq(void *context, unsigned number, bool level)
{
	edges += level && !irq;
	irq = level;
}

static inline void start_at(uint64_t seconds)
{
	const struct wire wire = { .set = set_irq };

	rtc_init(&rtc, &wire, seconds);
}

static inline int power_on(void **state)
{
	bus.count = 0;
	now = 0;
	edges = 0;
	irq = false;
	start_at(START);
	assert_int_equal(rtc_attach(&rtc, &bus, &why), ERROR_NONE);
	return 0;
}

static inline uint8_t get(uint8_t index)
{
	bus_write(&bus, now, 0x70, 1, index);
	return (uint8_t)bus_read(&bus, now, 0x71, 1);
}

static inline void set(uint8_t index, uint8_t value)
{
	bus_write(&bus, now, 0x70, 1, index);
	bus_write(&bus, now, 0x71, 1, value);
}

static inline void go_to(device_time at)
{
	now = at;
	rtc_ops.advance(&rtc, now);
}

static inline void expect_time(uint8_t hours, uint8_t minutes, uint8_t seconds)
{
	assert_int_equal(get(RTC_HOURS), hours);
	assert_int_equal(get(RTC_MINUTES), minutes);
	assert_int_equal(get(RTC_SECONDS), seconds);
}

static inline void expect_date(uint8_t weekday, uint8_t day, uint8_t month, uint8_t year)
{
	assert_int_equal(get(RTC_WEEKDAY), weekday);
	assert_int_equal(get(RTC_DAY), day);
	assert_int_equal(get(RTC_MONTH), month);
	assert_int_equal(get(RTC_YEAR), year);
}

#endif
