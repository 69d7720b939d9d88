/* Where the log's lines go besides the ring; set up by the boot code. */
#ifndef KERNEL_LOG_SINKS_H
#define KERNEL_LOG_SINKS_H

#include "lib/types.h"

/* Called once per line, without a line end, in the order of the lines, with the log's lock held
 * and interrupts off: it must not log, lock or wait. Null: none. */
typedef void (*log_screen)(const char *line, size_t length);

/* Lines from before the call that the ring still holds are not shown again. */
void log_set_screen(log_screen screen);

#endif
