/* The test device, through its buses as a guest sees it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/debug_ports.h"
#include "device/testdev.h"

static struct bus io, memory;
static struct testdev testdev;
static struct reason why;
static bool levels[TESTDEV_IRQS];

static void set_level(void *context, unsigned number, bool level)
{
	levels[number] = level;
}

static int setup(void **state)
{
	struct wire wires[TESTDEV_IRQS];

	memset(&io, 0, sizeof(io));
	memset(&memory, 0, sizeof(memory));
	memset(levels, 0, sizeof(levels));
	for (unsigned n = 0; n < TESTDEV_IRQS; n++)
		wires[n] = (struct wire) { set_level, NULL, n };
	testdev_init(&testdev, wires);
	return testdev_attach(&testdev, &io, &memory, &why);
}

static void the_register_has_two_windows(void **state)
{
	bus_write(&io, 0, 0xe0, 4, 0x12345678);
	assert_int_equal(bus_read(&io, 0, 0xe0, 4), 0x12345678);
	assert_int_equal(bus_read(&io, 0, 0xe0, 2), 0x5678);
	assert_int_equal(bus_read(&io, 0, 0xe2, 2), 0x1234);
	assert_int_equal(bus_read(&io, 0, 0xe1, 1), 0x56);
	assert_int_equal(bus_read(&io, 0, 0xe8, 4), 0x12345678);
	bus_write(&io, 0, 0xea, 2, 0xabcd);
	assert_int_equal(bus_read(&io, 0, 0xe0, 4), 0xabcd5678);
	bus_write(&io, 0, 0xe1, 1, 0);
	assert_int_equal(bus_read(&io, 0, 0xe8, 4), 0xabcd0078);
	/* Past the end of the window the flush port is next. */
	bus_write(&io, 0, 0xe3, 2, 0xffff);
	assert_int_equal(bus_read(&io, 0, 0xe0, 4), 0xffcd0078);
	assert_int_equal(bus_read(&io, 0, 0xe4, 4), 0);
}

static void ports_drive_interrupts(void **state)
{
	bus_write(&io, 0, 0x2000, 1, 1);
	bus_write(&io, 0, 0x2017, 1, 0x80);
	assert_true(levels[0] && levels[23]);
	bus_write(&io, 0, 0x2000, 1, 0);
	assert_false(levels[0]);
	assert_int_equal(bus_read(&io, 0, 0x2017, 1), 0);
	bus_write(&io, 0, 0x2002, 2, 0x0100); /* two ports */
	assert_true(!levels[2] && levels[3]);
	assert_int_equal(bus_read(&io, 0, 0x2018, 1), 0xff);
}

static void memory_keeps_what_is_written(void **state)
{
	bus_write(&memory, 0, 0xff000000, 8, 0x1122334455667788);
	assert_int_equal(bus_read(&memory, 0, 0xff000003, 4), 0x22334455);
	bus_write(&memory, 0, 0xff00ffff, 1, 0x5a);
	assert_int_equal(bus_read(&memory, 0, 0xff00fffe, 4), 0xffff5a00);
	assert_int_equal(bus_read(&memory, 0, 0xff010000, 4), 0xffffffff);
}

static void a_reset_clears_all(void **state)
{
	bus_write(&io, 0, 0xe0, 4, ~0u);
	bus_write(&io, 0, 0x2005, 1, 1);
	bus_write(&memory, 0, 0xff000100, 4, ~0u);
	testdev_register_ops.reset(&testdev);
	assert_int_equal(bus_read(&io, 0, 0xe0, 4), 0);
	assert_false(levels[5]);
	assert_int_equal(bus_read(&memory, 0, 0xff000100, 4), 0);
}

static void output(void *context, uint16_t port, uint8_t byte)
{
}

static void leaves_the_debug_port_alone(void **state)
{
	const struct debug_connections to = { .output = output };
	struct debug_ports ports;

	memset(&io, 0, sizeof(io));
	memset(&memory, 0, sizeof(memory));
	debug_ports_init(&ports, &to);
	assert_int_equal(debug_ports_attach(&ports, &io, &why), ERROR_NONE);
	assert_int_equal(testdev_attach(&testdev, &io, &memory, &why), ERROR_NONE);
	assert_int_equal(bus_read(&io, 0, 0xe8, 4), 0xe900);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_register_has_two_windows, setup),
		cmocka_unit_test_setup(ports_drive_interrupts, setup),
		cmocka_unit_test_setup(memory_keeps_what_is_written, setup),
		cmocka_unit_test_setup(a_reset_clears_all, setup),
		cmocka_unit_test_setup(leaves_the_debug_port_alone, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
