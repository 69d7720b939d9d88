/* BCD and binary, 12 and 24 hours, and the calendar. */
#include "kernel/wall_clock_reading.h"

#include "lib/bits.h"

#define B_24_HOURS BIT(1)
#define B_BINARY   BIT(2)
#define HOUR_PM    BIT(7)

#define SECONDS_PER_DAY    86400ull
#define SECONDS_PER_HOUR   3600ull
#define SECONDS_PER_MINUTE 60ull

#define FIRST_YEAR   1970u
#define LAST_YEAR    2099u
#define NOT_A_NUMBER UINT32_MAX

struct reading {
	unsigned second, minute, hour, day, month, year;
};

/* NOT_A_NUMBER for what is no BCD. */
static unsigned number(uint8_t raw, bool binary)
{
	unsigned tens = raw >> 4, units = raw & 0xf;

	if (binary)
		return raw;
	return tens < 10 && units < 10 ? tens * 10 + units : NOT_A_NUMBER;
}

/* In the 12-hour form noon and midnight are 12. */
static unsigned hour(uint8_t raw, uint8_t b)
{
	unsigned value;

	if (b & B_24_HOURS)
		return number(raw, b & B_BINARY);
	value = number((uint8_t)(raw & ~HOUR_PM), b & B_BINARY);
	if (!value || value > 12)
		return NOT_A_NUMBER;
	return value % 12 + (raw & HOUR_PM ? 12 : 0);
}

static bool is_leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(unsigned month, unsigned year)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

static bool makes_sense(const struct reading *r)
{
	return r->second < 60 && r->minute < 60 && r->hour < 24 && r->year >= FIRST_YEAR &&
	       r->year <= LAST_YEAR && r->month && r->month <= 12 && r->day &&
	       r->day <= days_in(r->month, r->year);
}

/* From the first day of 1970. */
static uint64_t days(const struct reading *r)
{
	uint64_t count = r->day - 1;

	for (unsigned year = FIRST_YEAR; year < r->year; year++)
		count += is_leap(year) ? 366 : 365;
	for (unsigned month = 1; month < r->month; month++)
		count += days_in(month, r->year);
	return count;
}

bool wall_clock_decode(const struct wall_clock_registers *registers, uint64_t *seconds)
{
	bool binary = registers->b & B_BINARY;
	unsigned century = number(registers->century, binary);
	struct reading r = {
		.second = number(registers->second, binary),
		.minute = number(registers->minute, binary),
		.hour = hour(registers->hour, registers->b),
		.day = number(registers->day, binary),
		.month = number(registers->month, binary),
		.year = number(registers->year, binary),
	};

	if (r.year > 99)
		return false;
	r.year += century == 19 || century == 20 ? century * 100 : 2000;
	if (!makes_sense(&r))
		return false;
	*seconds = days(&r) * SECONDS_PER_DAY + r.hour * SECONDS_PER_HOUR +
		   r.minute * SECONDS_PER_MINUTE + r.second;
	return true;
}
