/* The real-time clock of the machine: MC146818 datasheet; the century is where the PC industry put
 * it, and believed only when it makes sense. */
#include "kernel/wall_clock.h"

#include "kernel/output/log.h"
#include "kernel/time.h"
#include "lib/bits.h"
#include "x86/instructions.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

#define REGISTER_SECONDS 0x00
#define REGISTER_MINUTES 0x02
#define REGISTER_HOURS   0x04
#define REGISTER_DAY     0x07
#define REGISTER_MONTH   0x08
#define REGISTER_YEAR    0x09
#define REGISTER_A       0x0a
#define REGISTER_B       0x0b
#define REGISTER_CENTURY 0x32

#define A_UPDATE_IN_PROGRESS BIT(7)
#define B_24_HOURS           BIT(1)
#define B_BINARY             BIT(2)
#define HOUR_PM              BIT(7)

/* An update takes 2 ms, its warning included. */
#define UPDATE_US        100000
#define SECONDS_PER_DAY  86400ull
#define FALLBACK_SECONDS 946684800ull /* 2000-01-01 */

struct clock_reading {
	unsigned second, minute, hour, day, month, year;
};

static uint64_t seconds_at_start; /* since 1970, at ticks_at_start; constant after boot */
static uint64_t ticks_at_start;

static uint8_t read_register(uint8_t index)
{
	port_write8(PORT_INDEX, index);
	return port_read8(PORT_DATA);
}

static unsigned number(uint8_t raw, bool binary)
{
	return binary ? raw : (raw >> 4) * 10u + (raw & 0xf);
}

static bool update_ends(void)
{
	struct deadline deadline = deadline_in_us(UPDATE_US);

	while (read_register(REGISTER_A) & A_UPDATE_IN_PROGRESS)
		if (deadline_passed(&deadline))
			return false;
	return true;
}

static struct clock_reading read_clock(void)
{
	uint8_t b = read_register(REGISTER_B), hours = read_register(REGISTER_HOURS);
	bool binary = b & B_BINARY;
	unsigned century = number(read_register(REGISTER_CENTURY), binary);
	struct clock_reading r = {
		.second = number(read_register(REGISTER_SECONDS), binary),
		.minute = number(read_register(REGISTER_MINUTES), binary),
		.hour = number((uint8_t)(hours & ~HOUR_PM), binary),
		.day = number(read_register(REGISTER_DAY), binary),
		.month = number(read_register(REGISTER_MONTH), binary),
		.year = number(read_register(REGISTER_YEAR), binary),
	};

	if (!(b & B_24_HOURS))
		r.hour = r.hour % 12 + (hours & HOUR_PM ? 12 : 0);
	r.year += century == 19 || century == 20 ? century * 100 : 2000;
	return r;
}

static bool makes_sense(const struct clock_reading *r)
{
	return r->second < 60 && r->minute < 60 && r->hour < 24 && r->day && r->day <= 31 &&
	       r->month && r->month <= 12 && r->year >= 1970 && r->year < 2100;
}

/* Days from 1970-01-01: years that end in February count leap days at their end. */
static uint64_t days(const struct clock_reading *r)
{
	unsigned year = r->month > 2 ? r->year : r->year - 1;
	unsigned month = r->month > 2 ? r->month - 3 : r->month + 9;

	return 365ull * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + r->day -
	       1 - 719468;
}

void wall_clock_init(void)
{
	struct clock_reading r = { 0 };

	ticks_at_start = time_ticks();
	seconds_at_start = FALLBACK_SECONDS;
	if (update_ends())
		r = read_clock();
	if (!makes_sense(&r)) {
		log_warn("time", "the machine's clock cannot be read: guests begin at 2000-01-01");
		return;
	}
	seconds_at_start =
		days(&r) * SECONDS_PER_DAY + r.hour * 3600ull + r.minute * 60ull + r.second;
}

uint64_t wall_clock_seconds(void)
{
	return seconds_at_start + time_ticks_to_us(time_ticks() - ticks_at_start) / 1000000;
}
