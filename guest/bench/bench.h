/* The benchmark: a kernel of our own that measures what its exits cost, from inside, in ticks of the
 * TSC. The same file boots on Plinth, on another hypervisor, or on the machine itself. */
#ifndef GUEST_BENCH_BENCH_H
#define GUEST_BENCH_BENCH_H

#include "guest/bare/lapic.h"
#include "guest/bare/machine.h"

#define SAMPLES 1000

/* The lower half is enough: no path takes 2^32 ticks. */
static inline uint32_t ticks(void)
{
	uint32_t low;

	__asm__ volatile("rdtsc" : "=a"(low) : : "edx", "memory");
	return low;
}

static inline void pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

/* --- samples.c ------------------------------------------------------------------------------- */

/* What reading the clock twice takes, with nothing between: the least of SAMPLES. */
void samples_calibrate(void);
/* Sample `index` of the path that is being measured: `spent` ticks, reading the clock included. */
void sample(unsigned index, uint32_t spent);
/* The line of a path that is one long sample, of `ticks`. */
void report_total(const char *path, uint32_t ticks);
/* The line of a path whose SAMPLES samples are there, or one that says why there are none. */
void report(const char *path);
void report_skipped(const char *path, const char *why);

/* --- interrupts.c ---------------------------------------------------------------------------- */

#define VECTOR_STAMP 0x40 /* notes when it came, and ends itself */

/* Written by the handler of VECTOR_STAMP, on whichever CPU it runs. */
extern volatile uint32_t stamp_time, stamp_count;

static inline uint32_t lapic_read(unsigned reg)
{
	return *xapic(reg);
}

static inline void lapic_write(unsigned reg, uint32_t value)
{
	*xapic(reg) = value;
}

/* Tables, and this CPU's local APIC switched on. */
void interrupts_start(void);
void interrupts_start_other(void);

/* --- cpus.c ---------------------------------------------------------------------------------- */

/* What another vCPU is told to do; it does it until told otherwise. */
enum duty {
	DUTY_WAIT,         /* halts until an interrupt */
	DUTY_SPIN,         /* runs with interrupts on */
	DUTY_SLEEP,        /* halts, and says so each time */
	DUTY_ANSWER,       /* hands the turn back, each time it comes */
	DUTY_ANSWER_DIRTY, /* the same, with vector registers changed */
};

/* Starts `count` others. False when one does not come. */
bool cpus_start(unsigned count);
void cpu_give_duty(unsigned cpu, enum duty duty);
void cpu_send(unsigned cpu, uint8_t vector);
/* True while the vCPU that sleeps is about to halt, or has. */
bool cpu_sleeps(unsigned cpu);

/* The turn that two vCPUs pass to each other: its owner's number. */
extern volatile uint32_t turn;
void dirty_vectors(void);

/* --- paths ----------------------------------------------------------------------------------- */

/* Which vCPU is on another CPU than the first, and which on the same; 0: none is. */
struct layout {
	unsigned other, same;
};

void measure_instructions(void);                 /* paths.c: what one vCPU causes by itself */
void measure_pairs(const struct layout *layout); /* pairs.c: what takes two */

/* compute.c: loops without exits. Takes 2 GiB of RAM; `random_path` is what access all over the second of
 * them is called. */
void measure_compute(const char *random_path);

#endif
