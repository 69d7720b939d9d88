/* What time it is outside: the machine's real-time clock, read once, and from then on the TSC. */
#ifndef KERNEL_WALL_CLOCK_H
#define KERNEL_WALL_CLOCK_H

#include "lib/types.h"

/* Reads the MC146818 of the machine. On the bootstrap processor, after time_calibrate(); waits at
 * most a tenth of a second. A clock that cannot be read is told of in the log, and time begins at
 * 2000-01-01. */
void wall_clock_init(void);

/* Seconds since 1970, UTC if the machine's clock is. Any CPU. */
uint64_t wall_clock_seconds(void);

#endif
