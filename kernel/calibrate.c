/* How fast the TSC counts: measured for 10 ms or more against a clock of known frequency, the ACPI PM
 * timer if there is one, since that needs nobody's attention meanwhile. Each wait also ends after a
 * number of reads that no living clock needs, so that a missing one costs a moment and is named. */
#include "kernel/output/log.h"
#include "kernel/time_init.h"
#include "kernel/time.h"
#include "x86/cpuid.h"
#include "x86/instructions.h"

#define CALIBRATION_US 10000u
#define MAX_POLLS      20000000u

/* ACPI specification, "Power Management Timer": 24 or 32 bits. 24 go around in 4.7 s, and boot has less
 * than that to do between the two ends of the measurement. */
#define PM_TIMER_HZ   3579545u
#define PM_TIMER_MASK 0xffffffu

/* Intel 8254 datasheet; the gate and output of channel 2 are in port 61h. */
#define PIT_HZ             1193182u
#define PIT_CHANNEL2       0x42
#define PIT_COMMAND        0x43
#define PIT_CHANNEL2_MODE0 0xb0 /* channel 2, both bytes, interrupt on terminal count, binary */
#define PORT_SPEAKER       0x61
#define SPEAKER_GATE       0x01
#define SPEAKER_DATA       0x02
#define SPEAKER_OUTPUT     0x20

/* The beginning of the measurement against the PM timer. Port 0: there is none that moves. */
static struct {
	uint16_t port;
	uint32_t edge; /* what the timer said */
	uint64_t tsc;
} begun;

static uint32_t read_pm_timer(uint16_t port)
{
	return port_read32(port) & PM_TIMER_MASK;
}

void time_calibrate_begin(uint16_t pm_timer_port)
{
	if (!pm_timer_port)
		return;
	uint32_t first = read_pm_timer(pm_timer_port), edge;
	unsigned polls = 0;

	do { /* start on an edge, so that the interval is not cut */
		edge = read_pm_timer(pm_timer_port);
		if (++polls > MAX_POLLS)
			return;
	} while (edge == first);
	begun.port = pm_timer_port;
	begun.edge = edge;
	begun.tsc = read_tsc();
}

/* Ticks per second, 0 when the timer does not move. */
static uint64_t against_pm_timer(void)
{
	const uint32_t wanted = (uint64_t)PM_TIMER_HZ * CALIBRATION_US / 1000000u;
	unsigned polls = 0;
	uint32_t passed;

	do {
		passed = (read_pm_timer(begun.port) - begun.edge) & PM_TIMER_MASK;
		if (++polls > MAX_POLLS)
			return 0;
	} while (passed < wanted);
	return time_scale(read_tsc() - begun.tsc, PM_TIMER_HZ, passed);
}

static uint64_t against_pit(void)
{
	const uint16_t count = (uint64_t)PIT_HZ * CALIBRATION_US / 1000000u;
	uint8_t speaker = port_read8(PORT_SPEAKER) & (uint8_t) ~(SPEAKER_DATA | SPEAKER_GATE);
	unsigned polls = 0;

	port_write8(PORT_SPEAKER, speaker | SPEAKER_GATE);
	port_write8(PIT_COMMAND, PIT_CHANNEL2_MODE0);
	port_write8(PIT_CHANNEL2, (uint8_t)count);
	port_write8(PIT_CHANNEL2, (uint8_t)(count >> 8));

	uint64_t start = read_tsc();
	while (!(port_read8(PORT_SPEAKER) & SPEAKER_OUTPUT)) {
		if (++polls > MAX_POLLS)
			return 0;
	}
	uint64_t ticks = read_tsc() - start;
	port_write8(PORT_SPEAKER, speaker);
	/* An output that was high from the first read on is no timer at all. */
	return polls ? ticks * PIT_HZ / count : 0;
}

/* CPUID 15h: the crystal's frequency and the TSC's ratio to it; 0 when it does not say. */
static uint64_t stated(void)
{
	if (cpuid_query(CPUID_VENDOR, 0).eax < CPUID_TSC_FREQUENCY)
		return 0;
	struct cpuid_result r = cpuid_query(CPUID_TSC_FREQUENCY, 0);
	return r.eax && r.ebx && r.ecx ? (uint64_t)r.ecx * r.ebx / r.eax : 0;
}

void time_calibrate(void)
{
	const char *source = "acpi-pm-timer";
	uint64_t found = begun.port ? against_pm_timer() : 0;

	if (!found) {
		source = "8254";
		found = against_pit();
	}
	if (!found) {
		source = "cpuid-15h";
		found = stated();
	}
	if (!found) {
		log_warn("time", "no clock to measure the TSC with: deadlines assume tsc-hz=%lu",
			 time_tick_rate());
		return;
	}
	time_set_rate(found);
	log_info("time", "TSC calibrated source=%s tsc-hz=%lu", source, found);
}
