/* Time from the TSC. The conversions use 128-bit products, so that no uptime overflows them. */
#include "kernel/time.h"

#include "kernel/cpu.h"
#include "kernel/time_init.h"
#include "x86/instructions.h"

#define US_PER_SECOND     1000000ull
#define NS_PER_SECOND     1000000000ull
/* Faster than any TSC, so that time before calibration runs slow rather than ahead, and a deadline
 * comes late rather than early. */
#define ASSUMED_TICK_RATE 8000000000ull

/* Constant once time_set_rate() has run, before other CPUs start. */
static uint64_t rate = ASSUMED_TICK_RATE;
static uint64_t start;

void time_start(void)
{
	start = read_tsc();
}

void time_set_rate(uint64_t ticks_per_second)
{
	rate = ticks_per_second;
}

uint64_t time_ticks(void)
{
	return read_tsc();
}

uint64_t time_tick_rate(void)
{
	return rate;
}

/* The 128-bit division is DIV itself, as there is no compiler run-time library here. */
uint64_t time_scale(uint64_t value, uint64_t numerator, uint64_t denominator)
{
	uint64_t low, high, remainder;

	__asm__("mulq %3" : "=a"(low), "=d"(high) : "0"(value), "rm"(numerator));
	if (high >= denominator)
		return UINT64_MAX;
	__asm__("divq %4" : "=a"(low), "=d"(remainder) : "0"(low), "1"(high), "rm"(denominator));
	return low;
}

uint64_t time_ticks_to_us(uint64_t ticks)
{
	return time_scale(ticks, US_PER_SECOND, rate);
}

uint64_t time_us_to_ticks(uint64_t us)
{
	return time_scale(us, rate, US_PER_SECOND);
}

uint64_t time_ticks_to_ns(uint64_t ticks)
{
	return time_scale(ticks, NS_PER_SECOND, rate);
}

uint64_t time_ns_to_ticks(uint64_t ns)
{
	return time_scale(ns, rate, NS_PER_SECOND);
}

uint64_t time_us(void)
{
	uint64_t now = read_tsc();

	/* Another CPU's TSC may lie a little behind the one that started the clock. */
	return now > start ? time_ticks_to_us(now - start) : 0;
}

uint64_t time_ns_at(uint64_t ticks)
{
	return ticks > start ? time_ticks_to_ns(ticks - start) : 0;
}

struct deadline deadline_in_us(uint64_t us)
{
	uint64_t ticks = time_us_to_ticks(us), now = read_tsc();

	return (struct deadline) { ticks > UINT64_MAX - now ? UINT64_MAX : now + ticks };
}

bool deadline_passed(const struct deadline *deadline)
{
	return read_tsc() >= deadline->at_ticks;
}

void time_delay_us(uint64_t us)
{
	struct deadline end = deadline_in_us(us);

	while (!deadline_passed(&end))
		cpu_relax();
}
