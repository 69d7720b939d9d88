/* The ports of emulators, through a bus as a guest sees them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "device/debug_ports.h"

static struct bus io;
static struct debug_ports ports;
static struct reason why;

static struct {
	uint16_t port;
	char text[32];
	unsigned length, exits, shutdowns;
	uint32_t status;
} heard;

static void output(void *context, uint16_t port, uint8_t byte)
{
	assert_ptr_equal(context, &heard);
	heard.port = port;
	heard.text[heard.length++] = (char)byte;
}

static void end(void *context, uint32_t status)
{
	heard.exits++;
	heard.status = status;
}

static void shut_down(void *context)
{
	heard.shutdowns++;
}

static int setup(void **state)
{
	const struct debug_connections to = { &heard, output, end, shut_down };

	memset(&io, 0, sizeof(io));
	memset(&heard, 0, sizeof(heard));
	debug_ports_init(&ports, &to);
	return debug_ports_attach(&ports, &io, &why);
}

static void say(const char *text)
{
	for (; *text; text++)
		bus_write(&io, 0, 0x8900, 1, (uint8_t)*text);
}

static void output_ports_take_bytes(void **state)
{
	bus_write(&io, 0, 0xe9, 1, 'a');
	assert_int_equal(heard.port, 0xe9);
	bus_write(&io, 0, 0x402, 1, 'b');
	assert_int_equal(heard.port, 0x402);
	bus_write(&io, 0, 0xe9, 2, 'c' | 'x' << 8); /* the other byte goes to port 0xea */
	assert_string_equal(heard.text, "abc");
	assert_int_equal(bus_read(&io, 0, 0xe9, 1), 0xe9);
	assert_int_equal(bus_read(&io, 0, 0x402, 1), 0xe9);
}

static void the_exit_port_doubles_and_adds_one(void **state)
{
	bus_write(&io, 0, 0xf4, 1, 0);
	assert_int_equal(heard.status, 1);
	bus_write(&io, 0, 0xf4, 2, 0x1234);
	assert_int_equal(heard.status, 0x2469);
	bus_write(&io, 0, 0xf4, 4, 0x80000010);
	assert_int_equal(heard.status, 0x21);
	bus_write(&io, 0, 0xf7, 1, 3);
	assert_int_equal(heard.status, 7);
	assert_int_equal(heard.exits, 4);
	assert_int_equal(bus_read(&io, 0, 0xf4, 4), 0);
}

static void shutdown_is_said_letter_by_letter(void **state)
{
	say("Shutdow");
	assert_int_equal(heard.shutdowns, 0);
	say("n");
	assert_int_equal(heard.shutdowns, 1);
	say("ShutSShutdown");
	assert_int_equal(heard.shutdowns, 2);
	say("shutdown Shutxdown Shutdow");
	assert_int_equal(heard.shutdowns, 2);
	debug_ports_ops.reset(&ports);
	say("n");
	assert_int_equal(heard.shutdowns, 2);
	assert_int_equal(bus_read(&io, 0, 0x8900, 1), 0xff);
}

static void what_is_not_connected_is_not_there(void **state)
{
	const struct debug_connections none = { 0 };

	memset(&io, 0, sizeof(io));
	debug_ports_init(&ports, &none);
	assert_int_equal(debug_ports_attach(&ports, &io, &why), ERROR_NONE);
	assert_int_equal(io.count, 0);
	assert_int_equal(bus_read(&io, 0, 0xe9, 1), 0xff);
}

static void taken_ports_are_an_error(void **state)
{
	assert_int_equal(debug_ports_attach(&ports, &io, &why), ERROR_INVALID_INPUT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(output_ports_take_bytes, setup),
		cmocka_unit_test_setup(the_exit_port_doubles_and_adds_one, setup),
		cmocka_unit_test_setup(shutdown_is_said_letter_by_letter, setup),
		cmocka_unit_test_setup(what_is_not_connected_is_not_there, setup),
		cmocka_unit_test_setup(taken_ports_are_an_error, setup),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
