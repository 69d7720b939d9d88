/* Time since boot from the invariant TSC, calibrated once against the ACPI PM timer or the 8254.
 * Reading is lock-free and works on every CPU. Resolution is one TSC tick. */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "lib/error.h"
#include "lib/types.h"

/* Serialised enough for logging and deadlines, not for cycle measurement. */
uint64_t time_ticks(void);

/* Ticks per second as calibrated; before calibration an assumed 8 GHz, so that
 * deadlines come late rather than early. */
uint64_t time_tick_rate(void);

/* Microseconds since time_start(). */
uint64_t time_us(void);

/* Nanoseconds from time_start() to when the TSC was `ticks`; 0 for earlier ones. */
uint64_t time_ns_at(uint64_t ticks);

uint64_t time_us_to_ticks(uint64_t us);
uint64_t time_ticks_to_us(uint64_t ticks);

uint64_t time_ns_to_ticks(uint64_t ns);
uint64_t time_ticks_to_ns(uint64_t ticks);

/* value * numerator / denominator, rounded down, with 128 bits in between; saturates. */
uint64_t time_scale(uint64_t value, uint64_t numerator, uint64_t denominator);

/* Busy wait; usable with interrupts off. */
void time_delay_us(uint64_t us);

/* A deadline for a wait that polls: `while (!done) if (deadline_passed(&d)) name the culprit`. */
struct deadline {
	uint64_t at_ticks;
};

struct deadline deadline_in_us(uint64_t us);
bool deadline_passed(const struct deadline *deadline);

#endif
