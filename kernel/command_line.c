/* The defaults; the parser of the keys follows. */
#include "kernel/command_line.h"

#include "kernel/log.h"

void command_line_parse(struct command_line *out, const char *text,
			void (*complain)(void *context, const char *sentence), void *context)
{
	*out = (struct command_line) {
		.log_level = LOG_INFO,
		.vpid = true,
		.large_pages = true,
		.preemption_timer = true,
		.slice_us = 1000,
	};
}
