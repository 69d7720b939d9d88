/* Starting and calibrating the clock: the bootstrap processor's business, once. */
#ifndef KERNEL_TIME_INIT_H
#define KERNEL_TIME_INIT_H

#include "lib/types.h"

/* From here on time_us() counts. */
void time_start(void);

void time_set_rate(uint64_t ticks_per_second);

/* Measures the TSC against the ACPI PM timer at `pm_timer_port` (0: there is none), else against
 * channel 2 of the 8254, else takes the rate that CPUID states. Logs which; busy for 10 ms. */
void time_calibrate(uint16_t pm_timer_port);

/* The TSC when the loader jumped to the image (boot/entry.asm). */
extern const uint64_t boot_tsc;

#endif
