/* Reckoning with the bytes of the clock: whatever a guest wrote becomes a number, and any number of
 * seconds is added to it in one step. */
#include "device/rtc_time.h"

#include "device/rtc.h"

#define HOUR_PM    0x80
#define DONT_CARE  0xc0 /* of an alarm byte */
#define WEEK       7
#define CENTURY    100
#define CYCLE      4 /* years, of which one is a leap year */
#define CYCLE_DAYS (CYCLE * 365 + 1)

/* The Gregorian calendar comes round in 400 years. */
#define GREGORIAN_YEARS 400
#define GREGORIAN_DAYS  146097u

#define EPOCH_YEAR    1970
#define EPOCH_WEEKDAY 4 /* a Thursday, from Sunday */

static unsigned decode(const uint8_t *bytes, uint8_t value)
{
	return bytes[RTC_B] & RTC_B_BINARY ? value : (value >> 4) * 10u + (value & 0xf);
}

static uint8_t encode(const uint8_t *bytes, unsigned value)
{
	return (uint8_t)(bytes[RTC_B] & RTC_B_BINARY ? value : value / 10 << 4 | value % 10);
}

static unsigned decode_hour(const uint8_t *bytes)
{
	uint8_t hour = bytes[RTC_HOURS];

	if (bytes[RTC_B] & RTC_B_24_HOURS)
		return decode(bytes, hour);
	return decode(bytes, hour & ~HOUR_PM) % 12 + (hour & HOUR_PM ? 12 : 0);
}

static uint8_t encode_hour(const uint8_t *bytes, unsigned hour)
{
	if (bytes[RTC_B] & RTC_B_24_HOURS)
		return encode(bytes, hour);
	return encode(bytes, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? HOUR_PM : 0);
}

static unsigned second_of_day(const uint8_t *bytes)
{
	return (decode_hour(bytes) * 60 + decode(bytes, bytes[RTC_MINUTES])) * 60 +
	       decode(bytes, bytes[RTC_SECONDS]);
}

static void set_second_of_day(uint8_t *bytes, unsigned second)
{
	bytes[RTC_SECONDS] = encode(bytes, second % 60);
	bytes[RTC_MINUTES] = encode(bytes, second / 60 % 60);
	bytes[RTC_HOURS] = encode_hour(bytes, second / 3600);
}

/* `month` from 0. */
static unsigned month_days(unsigned month, bool leap)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month] + (month == 1 && leap);
}

/* Sets month and day from the day of the year, both from 0. */
static void set_day_of_year(uint8_t *bytes, unsigned day, bool leap)
{
	unsigned month = 0;

	while (day >= month_days(month, leap))
		day -= month_days(month++, leap);
	bytes[RTC_MONTH] = encode(bytes, month + 1);
	bytes[RTC_DAY] = encode(bytes, day + 1);
}

void rtc_time_set(uint8_t *bytes, uint64_t seconds)
{
	uint64_t days = seconds / RTC_DAY_SECONDS;
	unsigned year = EPOCH_YEAR + (unsigned)(days / GREGORIAN_DAYS % 16) * GREGORIAN_YEARS;
	unsigned day = (unsigned)(days % GREGORIAN_DAYS);
	bool leap;

	for (;; year++) {
		leap = year % 4 == 0 && (year % 100 != 0 || year % GREGORIAN_YEARS == 0);
		if (day < 365u + leap)
			break;
		day -= 365u + leap;
	}
	set_second_of_day(bytes, (unsigned)(seconds % RTC_DAY_SECONDS));
	set_day_of_year(bytes, day, leap);
	bytes[RTC_YEAR] = encode(bytes, year % CENTURY);
	bytes[RTC_CENTURY] = encode(bytes, year / CENTURY % CENTURY);
	bytes[RTC_WEEKDAY] = encode(bytes, (unsigned)((days + EPOCH_WEEKDAY) % WEEK) + 1);
}

/* The day since the century began, from 0. */
static unsigned day_of_century(const uint8_t *bytes)
{
	unsigned year = decode(bytes, bytes[RTC_YEAR]);
	unsigned month = (decode(bytes, bytes[RTC_MONTH]) + 11) % 12;
	unsigned of_month = decode(bytes, bytes[RTC_DAY]);
	unsigned day = year * 365 + (year + CYCLE - 1) / CYCLE;

	for (unsigned m = 0; m < month; m++)
		day += month_days(m, year % CYCLE == 0);
	return day + (of_month ? of_month - 1 : 0);
}

static void add_days(uint8_t *bytes, uint64_t days)
{
	uint64_t day = day_of_century(bytes) + days;
	uint64_t centuries = day / (CENTURY / CYCLE * CYCLE_DAYS);
	unsigned rest = (unsigned)(day % (CENTURY / CYCLE * CYCLE_DAYS));
	unsigned year = rest / CYCLE_DAYS * CYCLE;
	unsigned weekday = decode(bytes, bytes[RTC_WEEKDAY]);

	rest %= CYCLE_DAYS;
	if (rest >= 366) { /* the first of four is the leap year */
		year += 1 + (rest - 366) / 365;
		rest = (rest - 366) % 365;
	}
	set_day_of_year(bytes, rest, year % CYCLE == 0);
	bytes[RTC_YEAR] = encode(bytes, year);
	bytes[RTC_WEEKDAY] = encode(bytes, (unsigned)((weekday + WEEK - 1 + days) % WEEK) + 1);
	if (centuries)
		bytes[RTC_CENTURY] =
			encode(bytes, (unsigned)((decode(bytes, bytes[RTC_CENTURY]) + centuries) %
						 CENTURY));
}

void rtc_time_add(uint8_t *bytes, uint64_t seconds)
{
	uint64_t second = second_of_day(bytes) + seconds % RTC_DAY_SECONDS;
	uint64_t days = seconds / RTC_DAY_SECONDS + second / RTC_DAY_SECONDS;

	set_second_of_day(bytes, (unsigned)(second % RTC_DAY_SECONDS));
	if (days)
		add_days(bytes, days);
}

static bool matches(uint8_t alarm, uint8_t value)
{
	return (alarm & DONT_CARE) == DONT_CARE || alarm == value;
}

static bool has_alarm_second(const uint8_t *bytes)
{
	for (unsigned second = 0; second < 60; second++)
		if (matches(bytes[RTC_SECONDS_ALARM], encode(bytes, second)))
			return true;
	return false;
}

unsigned rtc_time_to_alarm(const uint8_t *bytes)
{
	unsigned now = second_of_day(bytes) % RTC_DAY_SECONDS;

	/* A second that is none would be looked for in each minute of the day. */
	if (!has_alarm_second(bytes))
		return 0;
	for (unsigned at = now + 1; at <= now + RTC_DAY_SECONDS;) {
		unsigned second = at % RTC_DAY_SECONDS;

		if (!matches(bytes[RTC_HOURS_ALARM], encode_hour(bytes, second / 3600)))
			at += 3600 - second % 3600;
		else if (!matches(bytes[RTC_MINUTES_ALARM], encode(bytes, second / 60 % 60)))
			at += 60 - second % 60;
		else if (!matches(bytes[RTC_SECONDS_ALARM], encode(bytes, second % 60)))
			at++;
		else
			return at - now;
	}
	return 0;
}
