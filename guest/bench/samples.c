/* Samples of one path at a time, and their line. */
#include "guest/bench/bench.h"

#define MEDIAN (SAMPLES / 2 - 1)
#define P99    (SAMPLES * 99 / 100 - 1)

static uint32_t samples[SAMPLES];
static uint32_t overhead = UINT32_MAX;

void samples_calibrate(void)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint32_t before = ticks();
		uint32_t spent = ticks() - before;

		if (spent < overhead)
			overhead = spent;
	}
}

void sample(unsigned index, uint32_t spent)
{
	samples[index] = spent > overhead ? spent - overhead : 0;
}

/* Shell's sort: short, and quick enough for a thousand. */
static void sort(void)
{
	for (unsigned gap = SAMPLES / 2; gap; gap /= 2)
		for (unsigned i = gap; i < SAMPLES; i++) {
			uint32_t value = samples[i];
			unsigned to = i;

			for (; to >= gap && samples[to - gap] > value; to -= gap)
				samples[to] = samples[to - gap];
			samples[to] = value;
		}
}

static void say_number(const char *name, uint32_t value)
{
	char digits[10];
	unsigned count = 0;

	do
		digits[count++] = (char)('0' + value % 10);
	while (value /= 10);
	say(name);
	while (count)
		say_byte(digits[--count]);
}

void report(const char *path)
{
	sort();
	say("bench path=");
	say(path);
	say_number(" min=", samples[0]);
	say_number(" median=", samples[MEDIAN]);
	say_number(" p99=", samples[P99]);
	say(" unit=tsc\n");
}

void report_total(const char *path, uint32_t spent)
{
	say("bench path=");
	say(path);
	say_number(" total=", spent);
	say(" unit=tsc\n");
}

void report_skipped(const char *path, const char *why)
{
	say("bench path=");
	say(path);
	say(" skipped=\"");
	say(why);
	say("\"\n");
}
