/* The receiver of the serial port against the PC16550D datasheet: the FIFO and its levels, timeouts,
 * errors, and a line that waits. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/uart_port.h"

static void one_byte_without_fifo(void **state)
{
	driver(0);
	out(UART_INTERRUPT_ENABLE, IER_RECEIVED);
	assert_int_equal(uart_room(&port.uart), 1);
	receive("a");
	assert_int_equal(uart_room(&port.uart), 0);
	/* The line waits; nothing is lost. */
	assert_false(uart_receive(&port.uart, 'b'));
	assert_int_equal(in(UART_LINE_STATUS), 0x61);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_RECEIVED);
	assert_int_equal(uart_ops.next(&port.uart), DEVICE_NEVER);
	assert_int_equal(in(UART_DATA), 'a');
	assert_false(port.irq);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	assert_int_equal(in(UART_DATA), 'a');
}

static void trigger_levels(void **state)
{
	static const struct {
		uint8_t fifo_control, level;
	} rows[] = { { 0x00, 1 }, { 0x40, 4 }, { 0x80, 8 }, { 0xc0, 14 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		driver(FIFOS_ON | FCR_CLEAR_RECEIVER | rows[i].fifo_control);
		out(UART_INTERRUPT_ENABLE, IER_RECEIVED);
		for (unsigned n = 1; n <= UART_FIFO_DEPTH; n++) {
			receive("x");
			assert_int_equal(port.irq, n >= rows[i].level);
			assert_int_equal(in(UART_INTERRUPT_ID), n >= rows[i].level ? 0xc4 : 0xc1);
		}
		assert_false(uart_receive(&port.uart, 'y'));
		/* It ends as soon as the FIFO drops below the level. */
		for (unsigned n = UART_FIFO_DEPTH; n; n--) {
			assert_int_equal(port.irq, n >= rows[i].level);
			assert_int_equal(in(UART_DATA), 'x');
		}
		assert_int_equal(in(UART_LINE_STATUS), 0x60);
	}
}

/* Other bits of the FIFO control register count only together with the enable. */
static void fifo_control(void **state)
{
	driver(FIFOS_ON | TRIGGER_4);
	receive("abc");
	out(UART_INTERRUPT_ID, FCR_CLEAR_RECEIVER);
	/* The change of mode took the bytes, and the level is that of one byte. */
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	assert_int_equal(in(UART_INTERRUPT_ID), 0x01);
	receive("d");
	out(UART_INTERRUPT_ID, FCR_CLEAR_RECEIVER | FCR_TRIGGER);
	assert_int_equal(in(UART_LINE_STATUS), 0x61);
	out(UART_INTERRUPT_ID, FIFOS_ON);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	receive("ef");
	out(UART_INTERRUPT_ID, FIFOS_ON | FCR_CLEAR_RECEIVER);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc1);
}

/* "FIFO Interrupt Mode Operation", timeouts. */
static void character_timeout(void **state)
{
	driver(FIFOS_ON | TRIGGER_4);
	out(UART_INTERRUPT_ENABLE, IER_RECEIVED);
	assert_int_equal(uart_ops.next(&port.uart), DEVICE_NEVER);
	receive("ab");
	assert_int_equal(uart_ops.next(&port.uart), 1000 + 4 * CHARACTER);
	at(1000 + 4 * CHARACTER - 1);
	assert_false(port.irq);
	/* Another byte starts it anew. */
	receive("c");
	device_time due = 1000 + 8 * CHARACTER - 1;
	assert_in_range(uart_ops.next(&port.uart), due - 1, due + 1);
	at(due + 1);
	assert_true(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xcc);
	assert_int_equal(uart_ops.next(&port.uart), DEVICE_NEVER);
	/* A read ends it and starts the time again. */
	assert_int_equal(in(UART_DATA), 'a');
	assert_false(port.irq);
	assert_int_equal(uart_ops.next(&port.uart), due + 1 + 4 * CHARACTER);
	at(due + 1 + 100 * CHARACTER);
	assert_true(port.irq);
	assert_int_equal(in(UART_DATA), 'b');
	assert_int_equal(in(UART_DATA), 'c');
	assert_int_equal(uart_ops.next(&port.uart), DEVICE_NEVER);
	assert_false(port.irq);
}

static void timeout_follows_the_line(void **state)
{
	static const struct {
		uint8_t line_control;
		unsigned bits;
	} rows[] = { { 0x00, 7 }, { 0x03, 10 }, { 0x07, 11 }, { 0x0b, 11 }, { 0x0f, 12 } };

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		driver(FIFOS_ON | TRIGGER_14 | FCR_CLEAR_RECEIVER);
		out(UART_INTERRUPT_ENABLE, IER_RECEIVED);
		out(UART_LINE_CONTROL, rows[i].line_control);
		receive("x");
		assert_int_equal(uart_ops.next(&port.uart),
				 1000 + 4 * (rows[i].bits * 16 * NANOSECONDS / 1843200));
	}
	out(UART_LINE_CONTROL, LCR_DLAB);
	out(UART_DATA, 0);
	assert_int_equal(uart_ops.next(&port.uart), 1000 + 4 * (7 * 16 * NANOSECONDS / 1843200));
}

static void break_is_a_byte_with_errors(void **state)
{
	driver(FIFOS_ON | TRIGGER_14);
	out(UART_INTERRUPT_ENABLE, IER_LINE_STATUS);
	receive("a");
	uart_receive_break(&port.uart);
	receive("b");
	/* Behind another byte it is only known to be somewhere. */
	assert_false(port.irq);
	assert_int_equal(in(UART_LINE_STATUS), 0xe1);
	assert_int_equal(in(UART_DATA), 'a');
	assert_true(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc6);
	assert_int_equal(in(UART_LINE_STATUS), 0x80 | 0x60 | LSR_BREAK | LSR_FRAMING | 1);
	/* The read of the line status clears them. */
	assert_false(port.irq);
	assert_int_equal(in(UART_LINE_STATUS), 0x61);
	assert_int_equal(in(UART_DATA), 0);
	assert_int_equal(in(UART_DATA), 'b');
}

static void overrun(void **state)
{
	driver(0);
	out(UART_INTERRUPT_ENABLE, IER_LINE_STATUS | IER_RECEIVED);
	receive("a");
	uart_receive_break(&port.uart);
	/* Without FIFOs the newest byte is kept, */
	assert_int_equal(in(UART_INTERRUPT_ID), 0x06);
	assert_int_equal(in(UART_LINE_STATUS), 0x61 | LSR_OVERRUN | LSR_BREAK | LSR_FRAMING);
	assert_int_equal(in(UART_INTERRUPT_ID), 0x04);
	assert_int_equal(in(UART_DATA), 0);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);

	/* with them the oldest are. */
	driver(FIFOS_ON);
	receive("0123456789abcdef");
	uart_receive_break(&port.uart);
	assert_int_equal(in(UART_LINE_STATUS), 0x61 | LSR_OVERRUN);
	for (const char *c = "0123456789abcdef"; *c; c++)
		assert_int_equal(in(UART_DATA), *c);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
}

/* Who has more to say is told when there is room, and only then. */
static void the_line_waits_for_room(void **state)
{
	driver(FIFOS_ON);
	receive("0123456789abcdef");
	port.waiting = 20;
	assert_int_equal(in(UART_DATA), '0');
	assert_int_equal(port.waiting, 19);
	assert_int_equal(uart_room(&port.uart), 0);
	port.waiting = 0;
	in(UART_DATA);
	in(UART_DATA);
	assert_int_equal(port.receptive, 2);
	port.waiting = 1;
	receive("AB");
	out(UART_MODEM_CONTROL, MCR_LOOPBACK);
	assert_int_equal(port.waiting, 1);
	out(UART_INTERRUPT_ID, FIFOS_ON | FCR_CLEAR_RECEIVER);
	assert_int_equal(port.waiting, 1);
	out(UART_MODEM_CONTROL, 0);
	assert_int_equal(port.waiting, 0);
	assert_int_equal(in(UART_DATA), 1);
	/* A reset makes room too. */
	receive("0123456789abcdef");
	port.waiting = 2;
	uart_ops.reset(&port.uart);
	assert_int_equal(port.waiting, 1);
	assert_int_equal(in(UART_DATA), 2);
	assert_int_equal(in(UART_DATA), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_byte_without_fifo, set_up),
		cmocka_unit_test_setup(trigger_levels, set_up),
		cmocka_unit_test_setup(fifo_control, set_up),
		cmocka_unit_test_setup(character_timeout, set_up),
		cmocka_unit_test_setup(timeout_follows_the_line, set_up),
		cmocka_unit_test_setup(break_is_a_byte_with_errors, set_up),
		cmocka_unit_test_setup(overrun, set_up),
		cmocka_unit_test_setup(the_line_waits_for_room, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
