/* What takes two vCPUs: interrupts from one CPU to another, and turns on one CPU. Both read the same
 * clock: the TSCs of a machine's CPUs go together. */
#include "guest/bench/bench.h"

#define ASLEEP     20000 /* ticks until a vCPU that is about to halt has halted */
#define PHASES     1009  /* ticks of the longest pause before an interrupt; a prime, */
#define PHASE_STEP 37    /* so that steps reach each length once */

static void let_pass(uint32_t span)
{
	uint32_t began = ticks();

	while (ticks() - began < span)
		;
}

/* From the write to the interrupt command register to the first instruction of the other's handler. */
static void send_once(unsigned index, unsigned cpu)
{
	uint32_t seen = stamp_count, before = ticks();

	cpu_send(cpu, VECTOR_STAMP);
	while (stamp_count == seen)
		;
	sample(index, stamp_time - before);
}

/* Another pause each time: the loops of two CPUs meet in every phase, not in those that they happen to
 * fall into, which another command line would change. */
static void shift_phase(unsigned index)
{
	let_pass(index * PHASE_STEP % PHASES);
}

static void measure_ipi(unsigned cpu)
{
	cpu_give_duty(cpu, DUTY_SPIN);
	let_pass(ASLEEP);
	for (unsigned i = 0; i < SAMPLES; i++) {
		shift_phase(i);
		send_once(i, cpu);
	}
	report("ipi");
}

static void measure_wake(unsigned cpu)
{
	cpu_give_duty(cpu, DUTY_SLEEP);
	for (unsigned i = 0; i < SAMPLES; i++) {
		while (!cpu_sleeps(cpu))
			;
		let_pass(ASLEEP);
		shift_phase(i);
		send_once(i, cpu);
	}
	cpu_give_duty(cpu, DUTY_WAIT);
	report("hlt_wake");
}

/* From what the other does last to what this one does first. */
static void measure_switch(const char *path, unsigned cpu, bool dirty)
{
	cpu_give_duty(cpu, dirty ? DUTY_ANSWER_DIRTY : DUTY_ANSWER);
	for (unsigned i = 0; i < SAMPLES; i++) {
		if (dirty)
			dirty_vectors();
		turn = cpu;
		while (turn)
			pause();
		sample(i, ticks() - stamp_time);
	}
	cpu_give_duty(cpu, DUTY_WAIT);
	report(path);
}

void measure_pairs(const struct layout *layout)
{
	if (layout->other) {
		measure_ipi(layout->other);
	} else {
		report_skipped("ipi", "there is one CPU");
	}
	if (layout->same) {
		measure_switch("switch", layout->same, false);
		measure_switch("switch_xstate", layout->same, true);
	} else {
		report_skipped("switch", "every vCPU has a CPU of its own");
		report_skipped("switch_xstate", "every vCPU has a CPU of its own");
	}
	if (layout->other || layout->same)
		measure_wake(layout->other ? layout->other : layout->same);
	else
		report_skipped("hlt_wake", "there is one vCPU");
}
