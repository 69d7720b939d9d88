/* Where the benchmark begins. Its command line says where its other vCPUs are: `other=N` runs on a CPU
 * of its own, `same=N` on the first one's; N is 1 or 2, and they are numbered without a gap. Or it says
 * what else is measured: `compute=1` with RAM in pages of 1 GiB, `compute=2` in pages of 2 MiB. */
#include "guest/bench/bench.h"

#define MULTIBOOT_MAGIC        0x2badb002
#define INFO_COMMAND_LINE_FLAG 0x4
#define INFO_COMMAND_LINE      4 /* in words */
#define COM1_LINE_CONTROL      (COM1 + 3)
#define EIGHT_BITS             3 /* not every BIOS leaves it so */

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

static const char *command_line(uint32_t magic, const uint32_t *info)
{
	if (magic == MULTIBOOT_MAGIC && (info[0] & INFO_COMMAND_LINE_FLAG))
		return (const char *)info[INFO_COMMAND_LINE];
	return "";
}

static void measure_paths(const char *line)
{
	struct layout layout = { .other = number_of(line, "other="),
				 .same = number_of(line, "same=") };

	if (!cpus_start((layout.other > 0) + (layout.same > 0))) {
		say("bench failed: a vCPU does not start\n");
		out8(DEBUG_EXIT, 1);
	}
	measure_instructions();
	measure_pairs(&layout);
}

void start(uint32_t magic, uint32_t info)
{
	const char *line = command_line(magic, (const uint32_t *)info);
	unsigned compute = number_of(line, "compute=");

	out8(COM1_LINE_CONTROL, EIGHT_BITS);
	interrupts_start();
	samples_calibrate();
	if (compute)
		measure_compute(compute == 1 ? "random_1g" : "random_2m");
	else
		measure_paths(line);
	say("bench ends\n");
	out8(DEBUG_EXIT, 0);
	switch_off();
}
