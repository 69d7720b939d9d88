/* Where the log's lines go besides the ring; set up by the boot code. */
#ifndef KERNEL_OUTPUT_LOG_SINKS_H
#define KERNEL_OUTPUT_LOG_SINKS_H

#include "lib/types.h"

/* A display. Both are called with the log's lock held and interrupts off: they must not log, lock or
 * wait. */
struct log_screen {
	/* Once per line, without a line end, in the order of the lines. */
	void (*put_line)(const char *line, size_t length);
	/* Shows what is not shown yet. Whenever there is time, and then a display may decline because
	 * it showed something a moment ago; with `now`, before the machine ends, it does not. */
	void (*refresh)(bool now);
};

/* Lines from before the call that the ring still holds are not shown again. */
void log_set_screen(const struct log_screen *screen);

#endif
