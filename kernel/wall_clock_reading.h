/* What the registers of an MC146818 say, as seconds since 1970. Pure. MC146818 datasheet, "Time, Calendar
 * and Alarm Locations"; the century is where the PC industry put it. */
#ifndef KERNEL_WALL_CLOCK_READING_H
#define KERNEL_WALL_CLOCK_READING_H

#include "lib/types.h"

/* The registers as they were read while no update was under way. */
struct wall_clock_registers {
	uint8_t second, minute, hour, day, month, year, century;
	uint8_t b; /* register B: how the others are to be understood */
};

/* The century is believed only when it is the 20th or the 21st; else the year is one of the 2000s.
 * False when the registers hold no date from 1970 to 2099, or no time of day. */
bool wall_clock_decode(const struct wall_clock_registers *registers, uint64_t *seconds) must_check;

#endif
