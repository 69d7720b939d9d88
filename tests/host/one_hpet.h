/* An HPET on a bus, with a look at every wire that leads out of it. */
#ifndef TESTS_HOST_ONE_HPET_H
#define TESTS_HOST_ONE_HPET_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/hpet.h"
#include "lib/bits.h"

#define CONFIG     0x010
#define STATUS     0x020
#define COUNTER    0x0f0
#define TIMER(n)   (0x100 + 0x20 * (n))
#define VALUE(n)   (TIMER(n) + 8)
#define MESSAGE(n) (TIMER(n) + 0x10)

#define LEVEL      0x0002
#define INTERRUPT  0x0004
#define PERIODIC   0x0008
#define SET_VALUE  0x0040
#define MODE_32    0x0100
#define ROUTE(pin) ((pin) << 9)
#define MESSAGES   0x4000
#define TICK       10 /* nanoseconds */

static struct hpet hpet;
static struct bus bus;
static struct reason why;
static device_time now;
static bool pins[32], irq0, irq8;
static unsigned edges[32], irq0_edges, messages;
static uint64_t message_address;
static uint32_t message_data;

static inline void set_pin(void *context, unsigned pin, bool level)
{
	edges[pin] += level && !pins[pin];
	pins[pin] = level;
}

static inline void send(void *context, uint64_t address, uint32_t data)
{
	message_address = address;
	message_data = data;
	messages++;
}

static inline void set_irq(void *context, unsigned number, bool level)
{
	bool *irq = number ? &irq8 : &irq0;

	irq0_edges += !number && level && !irq0;
	*irq = level;
}

static inline int power_on(void **state)
{
	const struct hpet_wires wires = {
		.set_pin = set_pin,
		.send = send,
		.irq0 = { set_irq, NULL, 0 },
		.irq8 = { set_irq, NULL, 8 },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(pins); i++) {
		pins[i] = false;
		edges[i] = 0;
	}
	irq0 = irq8 = false;
	irq0_edges = messages = 0;
	now = 0;
	bus.count = 0;
	hpet_init(&hpet, &wires);
	assert_int_equal(hpet_attach(&hpet, &bus, &why), ERROR_NONE);
	return 0;
}

static inline uint64_t get(unsigned offset)
{
	return bus_read(&bus, now, HPET_BASE + offset, 8);
}

static inline void set(unsigned offset, uint64_t value)
{
	bus_write(&bus, now, HPET_BASE + offset, 8, value);
}

static inline void go_to(device_time at)
{
	now = at;
	hpet_ops.advance(&hpet, now);
}

static inline void start_periodic(unsigned n, uint64_t more, uint64_t first, uint64_t period)
{
	set(TIMER(n), INTERRUPT | PERIODIC | SET_VALUE | more);
	set(VALUE(n), first);
	set(VALUE(n), period);
	set(CONFIG, get(CONFIG) | 1);
}

#endif
