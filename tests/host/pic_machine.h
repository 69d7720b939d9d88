/* A pair of 8259A on a bus of ports, for its tests. */
#ifndef TESTS_HOST_PIC_MACHINE_H
#define TESTS_HOST_PIC_MACHINE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/pic.h"
#include "lib/bits.h"

#define MASTER 0x20
#define SLAVE  0xa0
#define ELCR   0x4d0

#define EOI         0x20
#define READ_IRR    0x0a
#define READ_ISR    0x0b
#define POLL        0x0c
#define MASK_MODE   0x68
#define NORMAL_MODE 0x48

static struct pic pic;
static struct bus bus;
static struct reason why;
static bool intr;
static unsigned intr_changes;

static inline void set_intr(void *context, unsigned number, bool level)
{
	intr = level;
	intr_changes++;
}

static inline void out(uint16_t port, uint8_t value)
{
	bus_write(&bus, 0, port, 1, value);
}

static inline uint8_t in(uint16_t port)
{
	return (uint8_t)bus_read(&bus, 0, port, 1);
}

static inline uint8_t ask(uint16_t chip, uint8_t ocw3)
{
	out(chip, ocw3);
	return in(chip);
}

static inline void initialize_with(uint8_t icw1, uint8_t master_icw4, uint8_t slave_icw4)
{
	out(MASTER, icw1);
	out(MASTER + 1, 0x20);
	out(MASTER + 1, 0x04);
	if (icw1 & 1)
		out(MASTER + 1, master_icw4);
	out(SLAVE, icw1);
	out(SLAVE + 1, 0x28);
	out(SLAVE + 1, 0x02);
	if (icw1 & 1)
		out(SLAVE + 1, slave_icw4);
}

static inline int power_on(void **state)
{
	const struct wire wire = { .set = set_intr };

	pic_init(&pic, &wire);
	bus.count = 0;
	assert_int_equal(pic_attach(&pic, &bus, &why), ERROR_NONE);
	intr = false;
	intr_changes = 0;
	return 0;
}

static inline int initialized(void **state)
{
	power_on(state);
	initialize_with(0x11, 0x01, 0x01);
	return 0;
}

static inline void pulse(unsigned irq)
{
	pic_set_irq(&pic, irq, false);
	pic_set_irq(&pic, irq, true);
}

/* INTR is there, and the CPU gets this vector. */
static inline void expect_vector(uint8_t vector)
{
	assert_true(intr);
	assert_int_equal(pic_acknowledge(&pic), vector);
}

#endif
