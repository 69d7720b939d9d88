/* A keyboard controller with its devices on a bus of ports, for their tests. */
#ifndef TESTS_HOST_I8042_MACHINE_H
#define TESTS_HOST_I8042_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/i8042.h"

#define DATA    0x60
#define COMMAND 0x64

static struct i8042 i8042;
static struct bus bus;
static struct reason why;
static bool irq1, irq12, a20, reset_line;
static unsigned irq1_edges, irq12_edges, resets;

enum { IRQ1, IRQ12, A20, RESET };

static inline void set_wire(void *context, unsigned number, bool level)
{
	switch (number) {
	case IRQ1:
		irq1_edges += level && !irq1;
		irq1 = level;
		break;
	case IRQ12:
		irq12_edges += level && !irq12;
		irq12 = level;
		break;
	case A20:
		a20 = level;
		break;
	case RESET:
		resets += level && !reset_line;
		reset_line = level;
		break;
	}
}

static inline int power_on(void **state)
{
	const struct i8042_wires wires = {
		.keyboard_irq = { set_wire, NULL, IRQ1 },
		.mouse_irq = { set_wire, NULL, IRQ12 },
		.a20 = { set_wire, NULL, A20 },
		.reset = { set_wire, NULL, RESET },
	};

	bus.count = 0;
	irq1 = irq12 = a20 = reset_line = false;
	i8042_init(&i8042, &wires);
	assert_int_equal(i8042_attach(&i8042, &bus, &why), ERROR_NONE);
	irq1_edges = irq12_edges = resets = 0;
	return 0;
}

static inline void out(uint16_t port, uint8_t value)
{
	bus_write(&bus, 0, port, 1, value);
}

static inline uint8_t in(uint16_t port)
{
	return (uint8_t)bus_read(&bus, 0, port, 1);
}

/* There is a byte, from the mouse or not, and it is this one. */
static inline void expect(bool mouse, uint8_t byte)
{
	assert_int_equal(in(COMMAND)&0x21, mouse ? 0x21 : 0x01);
	assert_int_equal(in(DATA), byte);
}

static inline void expect_nothing(void)
{
	assert_int_equal(in(COMMAND)&0x01, 0);
}

static inline void command(uint8_t byte, uint8_t parameter)
{
	out(COMMAND, byte);
	out(DATA, parameter);
}

#endif
