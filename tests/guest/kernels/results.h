/* The results of a test kernel that checks its machine from inside: a line each on COM1. */
#ifndef TESTS_GUEST_KERNELS_RESULTS_H
#define TESTS_GUEST_KERNELS_RESULTS_H

#include "guest/bare/machine.h"

static unsigned failures;

static inline bool check(bool good, const char *name, uint64_t got)
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

/* Leaves by the debug-exit port: 0 when all passed. */
static inline void finish(void)
{
	say(failures ? "failures" : "all passed");
	say("\n");
	out8(DEBUG_EXIT, failures != 0);
	switch_off();
}

#endif
