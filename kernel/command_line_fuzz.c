/* Any text as a command line: every value stays in its range and every complaint is short. */
#include <stdlib.h>
#include <string.h>

#include "kernel/command_line.h"
#include "kernel/output/log.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void hear(void *context, const char *sentence)
{
	assert(strlen(sentence) < 192);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct command_line line;
	char *text = malloc(size + 1);

	if (size)
		memcpy(text, data, size);
	text[size] = 0;
	command_line_parse(&line, text, hear, NULL);
	assert(line.exits <= EXITS_OFF && line.end <= END_REBOOT && line.log_level <= LOG_ERROR);
	assert(line.cpus <= 512 && line.slice_us >= 100 && line.slice_us <= 1000000);
	assert(strlen(line.tests) < sizeof(line.tests));
	command_line_selects(line.tests, "cpuid");
	command_line_selects(text, "io.out");
	free(text);
	return 0;
}
