/* The real-time clock of the machine, read through its two ports: MC146818 datasheet, "Update Cycle". */
#include "kernel/wall_clock.h"

#include "kernel/output/log.h"
#include "kernel/time.h"
#include "kernel/wall_clock_reading.h"
#include "lib/bits.h"
#include "lib/string.h"
#include "x86/instructions.h"

#define PORT_INDEX 0x70
#define PORT_DATA  0x71

#define REGISTER_SECONDS 0x00
#define REGISTER_MINUTES 0x02
#define REGISTER_HOURS   0x04
#define REGISTER_DAY     0x07
#define REGISTER_MONTH   0x08
#define REGISTER_YEAR    0x09
#define REGISTER_A       0x0a
#define REGISTER_B       0x0b
#define REGISTER_CENTURY 0x32

#define A_UPDATE_IN_PROGRESS BIT(7)

/* An update takes 2 ms, its warning included. */
#define READ_US          100000
#define FALLBACK_SECONDS 946684800ull /* 2000-01-01 */

static uint64_t seconds_at_start; /* since 1970, at ticks_at_start; constant after boot */
static uint64_t ticks_at_start;

static uint8_t read_register(uint8_t index)
{
	port_write8(PORT_INDEX, index);
	return port_read8(PORT_DATA);
}

static struct wall_clock_registers read_registers(void)
{
	return (struct wall_clock_registers) {
		.second = read_register(REGISTER_SECONDS),
		.minute = read_register(REGISTER_MINUTES),
		.hour = read_register(REGISTER_HOURS),
		.day = read_register(REGISTER_DAY),
		.month = read_register(REGISTER_MONTH),
		.year = read_register(REGISTER_YEAR),
		.century = read_register(REGISTER_CENTURY),
		.b = read_register(REGISTER_B),
	};
}

/* Twice the same, as an update may begin just after the chip said that none is near: a hypervisor below
 * may take its time between two reads. False when that cannot be had in time. */
static bool read_clock(struct wall_clock_registers *registers)
{
	struct deadline deadline = deadline_in_us(READ_US);

	while (!deadline_passed(&deadline)) {
		struct wall_clock_registers again;

		if (read_register(REGISTER_A) & A_UPDATE_IN_PROGRESS)
			continue;
		*registers = read_registers();
		again = read_registers();
		if (!memcmp(registers, &again, sizeof(again)))
			return true;
	}
	return false;
}

void wall_clock_init(void)
{
	struct wall_clock_registers registers;

	ticks_at_start = time_ticks();
	if (read_clock(&registers) && wall_clock_decode(&registers, &seconds_at_start))
		return;
	seconds_at_start = FALLBACK_SECONDS;
	log_warn("time", "the machine's clock cannot be read: guests begin at 2000-01-01");
}

uint64_t wall_clock_seconds(void)
{
	return seconds_at_start + time_ticks_to_us(time_ticks() - ticks_at_start) / 1000000;
}
