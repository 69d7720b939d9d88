/* What is asked for, and results, which are said as they come; failures are counted. */
#include "tests/guest/kernels/results.h"

#define INFO_COMMAND_LINE 4 /* in words: Multiboot Specification, "Boot information format" */

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

bool has_word(uint32_t info, const char *word)
{
	const char *line = (const char *)((const uint32_t *)info)[INFO_COMMAND_LINE];

	for (; *line; line++) {
		unsigned i = 0;

		while (word[i] && line[i] == word[i])
			i++;
		if (!word[i])
			return true;
	}
	return false;
}

void finish(void)
{
	say(failures ? "failures" : "all passed");
	say("\n");
	out8(DEBUG_EXIT, failures != 0);
	switch_off();
}
