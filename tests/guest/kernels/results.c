/* Results are said as they come, and failures counted. */
#include "tests/guest/kernels/results.h"

static unsigned failures;

bool check(bool good, const char *name, uint64_t got)
{
	say(good ? "PASS " : "FAIL ");
	say(name);
	if (!good) {
		say_value("got", got);
		failures++;
	}
	say("\n");
	return good;
}

void finish(void)
{
	say(failures ? "failures" : "all passed");
	say("\n");
	out8(DEBUG_EXIT, failures != 0);
	switch_off();
}
