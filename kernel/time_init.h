/* Starting and calibrating the clock: the bootstrap processor's business, once. */
#ifndef KERNEL_TIME_INIT_H
#define KERNEL_TIME_INIT_H

#include "lib/types.h"

/* From here on time_us() counts. */
void time_start(void);

void time_set_rate(uint64_t ticks_per_second);

/* Measures the TSC against the ACPI PM timer at `pm_timer_port` (0: there is none), from the first call
 * until the second; the second waits for what is missing of 10 ms. Where that timer stands still it
 * measures for 10 ms against channel 2 of the 8254, else it takes the rate that CPUID states. Logs which. */
void time_calibrate_begin(uint16_t pm_timer_port);
void time_calibrate(void);

/* The TSC when the loader jumped to the image (boot/entry.asm). */
extern const uint64_t boot_tsc;

#endif
