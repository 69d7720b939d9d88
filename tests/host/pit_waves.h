/* One 8254 channel, programmed, ticked and read, for its tests. */
#ifndef TESTS_HOST_PIT_WAVES_H
#define TESTS_HOST_PIT_WAVES_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/pit_channel.h"
#include "lib/types.h"

#define LOW  0x10
#define HIGH 0x20
#define BOTH 0x30
#define BCD  1

static struct pit_channel channel;

static inline void program(unsigned mode, uint8_t more)
{
	channel = (struct pit_channel) { .gate = true };
	pit_channel_control(&channel, (uint8_t)(mode << 1 | more));
}

static inline void put16(uint16_t count)
{
	pit_channel_write(&channel, (uint8_t)count);
	pit_channel_write(&channel, (uint8_t)(count >> 8));
}

static inline uint16_t value(void)
{
	pit_channel_latch_count(&channel);
	if ((channel.control & BOTH) != BOTH)
		return pit_channel_read(&channel);
	uint16_t low = pit_channel_read(&channel);

	return (uint16_t)(low | pit_channel_read(&channel) << 8);
}

static inline uint8_t status(void)
{
	pit_channel_latch_status(&channel);
	return pit_channel_read(&channel);
}

static inline void gate(bool level)
{
	pit_channel_set_gate(&channel, level);
}

/* After each tick OUT is as drawn, '-' high and '_' low. */
static inline void expect_wave(const char *wave)
{
	for (; *wave; wave++) {
		pit_channel_run(&channel, 1);
		assert_int_equal(channel.out, *wave == '-');
	}
}

static inline void expect_values(const uint16_t *values, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		pit_channel_run(&channel, 1);
		assert_int_equal(value(), values[i]);
	}
}

#endif
