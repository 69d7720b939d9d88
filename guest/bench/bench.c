/* Where the benchmark begins. Its command line says where its other vCPUs are: `other=N` runs on a CPU
 * of its own, `same=N` on the first one's; N is 1 or 2, and they are numbered without a gap. */
#include "guest/bench/bench.h"

#define MULTIBOOT_MAGIC        0x2badb002
#define INFO_COMMAND_LINE_FLAG 0x4
#define INFO_COMMAND_LINE      4 /* in words */

/* The number behind `key`, a word with its equals sign; 0: it is not there. */
static unsigned number_of(const char *line, const char *key)
{
	for (; *line; line++) {
		unsigned length = 0;

		while (key[length] && line[length] == key[length])
			length++;
		if (!key[length])
			return line[length] >= '1' && line[length] <= '2'
				       ? (unsigned)(line[length] - '0')
				       : 0;
	}
	return 0;
}

static struct layout read_layout(uint32_t magic, const uint32_t *info)
{
	const char *line = "";

	if (magic == MULTIBOOT_MAGIC && (info[0] & INFO_COMMAND_LINE_FLAG))
		line = (const char *)info[INFO_COMMAND_LINE];
	return (struct layout) { .other = number_of(line, "other="),
				 .same = number_of(line, "same=") };
}

void start(uint32_t magic, uint32_t info)
{
	struct layout layout = read_layout(magic, (const uint32_t *)info);

	interrupts_start();
	samples_calibrate();
	if (!cpus_start((layout.other > 0) + (layout.same > 0))) {
		say("bench failed: a vCPU does not start\n");
		out8(DEBUG_EXIT, 1);
	}
	measure_instructions();
	measure_pairs(&layout);
	out8(DEBUG_EXIT, 0);
	switch_off();
}
