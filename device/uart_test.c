/* The serial port against the PC16550D datasheet, as a driver sees it. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "device/uart_parts.h"
#include "lib/string.h"

#define TRIGGER_4  0x40
#define TRIGGER_14 0xc0
#define FIFOS_ON   0x01
#define LINE_8N1   0x03

/* A character of ten bits at 115200 baud (divisor 1), in nanoseconds. */
#define CHARACTER (10 * 16 * NANOSECONDS / 1843200)

static struct {
	struct uart uart;
	bool irq;
	unsigned edges; /* rises of the interrupt */
	uint8_t sent[64];
	unsigned sent_count;
	unsigned receptive;
	unsigned waiting; /* bytes to give when the receiver has room */
} port;

static void set_irq(void *context, unsigned number, bool level)
{
	assert_int_equal(number, UART_COM1_IRQ);
	port.edges += level && !port.irq;
	port.irq = level;
}

static void transmit(void *context, uint8_t byte)
{
	port.sent[port.sent_count++ % ARRAY_SIZE(port.sent)] = byte;
}

static void receptive(void *context)
{
	port.receptive++;
	while (port.waiting && uart_receive(&port.uart, (uint8_t)port.waiting))
		port.waiting--;
}

static uint8_t in(unsigned reg)
{
	return (uint8_t)uart_ops.read(&port.uart, reg, 1);
}

static void out(unsigned reg, uint8_t value)
{
	uart_ops.write(&port.uart, reg, 1, value);
}

static void at(device_time now)
{
	uart_ops.advance(&port.uart, now);
}

static void receive(const char *text)
{
	for (; *text; text++)
		assert_true(uart_receive(&port.uart, (uint8_t)*text));
}

/* A driver's set-up: 115200 baud, 8N1, FIFOs as said, the interrupt let through. */
static void driver(uint8_t fifo_control)
{
	out(UART_LINE_CONTROL, LCR_DLAB);
	out(UART_DATA, 1);
	out(UART_INTERRUPT_ENABLE, 0);
	out(UART_LINE_CONTROL, LINE_8N1);
	out(UART_INTERRUPT_ID, fifo_control);
	out(UART_MODEM_CONTROL, MCR_DTR | MCR_RTS | MCR_OUT2);
	in(UART_MODEM_STATUS);
}

static int set_up(void **state)
{
	memset(&port, 0, sizeof(port));
	port.uart.irq = (struct wire) { set_irq, NULL, UART_COM1_IRQ };
	port.uart.transmit = transmit;
	port.uart.receptive = receptive;
	uart_init(&port.uart);
	at(1000);
	return 0;
}

/* "UART Reset Configuration". */
static void reset_state(void **state)
{
	assert_int_equal(in(UART_INTERRUPT_ENABLE), 0);
	assert_int_equal(in(UART_INTERRUPT_ID), 0x01);
	assert_int_equal(in(UART_LINE_CONTROL), 0);
	assert_int_equal(in(UART_MODEM_CONTROL), 0);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	assert_int_equal(in(UART_MODEM_STATUS), 0xb0);
	assert_false(port.irq);

	driver(FIFOS_ON | TRIGGER_14);
	out(UART_SCRATCH, 0x5a);
	out(UART_INTERRUPT_ENABLE, 0x0f);
	receive("left over");
	assert_true(port.irq);
	uart_ops.reset(&port.uart);
	assert_false(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ENABLE), 0);
	assert_int_equal(in(UART_INTERRUPT_ID), 0x01);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	/* What a reset does not touch. */
	assert_int_equal(in(UART_SCRATCH), 0x5a);
	out(UART_LINE_CONTROL, LCR_DLAB);
	assert_int_equal(in(UART_DATA), 1);
}

static void registers_hold_what_they_have(void **state)
{
	for (unsigned value = 0; value < 256; value++) {
		out(UART_SCRATCH, (uint8_t)value);
		assert_int_equal(in(UART_SCRATCH), value);
		out(UART_MODEM_CONTROL, (uint8_t)value);
		assert_int_equal(in(UART_MODEM_CONTROL), value & 0x1f);
		out(UART_MODEM_CONTROL, 0);
		out(UART_LINE_CONTROL, (uint8_t)value);
		assert_int_equal(in(UART_LINE_CONTROL), value);
		out(UART_LINE_CONTROL, 0);
		out(UART_INTERRUPT_ENABLE, (uint8_t)value);
		assert_int_equal(in(UART_INTERRUPT_ENABLE), value & 0x0f);
	}
	/* Writing a status register changes nothing. */
	out(UART_MODEM_CONTROL, 0);
	in(UART_LINE_STATUS);
	in(UART_MODEM_STATUS);
	out(UART_LINE_STATUS, 0xff);
	out(UART_MODEM_STATUS, 0xff);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	assert_int_equal(in(UART_MODEM_STATUS), 0xb0);
}

static void divisor_latch_shares_two_addresses(void **state)
{
	out(UART_INTERRUPT_ENABLE, 0x05);
	out(UART_LINE_CONTROL, LCR_DLAB | LINE_8N1);
	out(UART_DATA, 0x34);
	out(UART_INTERRUPT_ENABLE, 0x12);
	assert_int_equal(in(UART_DATA), 0x34);
	assert_int_equal(in(UART_INTERRUPT_ENABLE), 0x12);
	assert_int_equal(port.sent_count, 0);
	out(UART_LINE_CONTROL, LINE_8N1);
	assert_int_equal(in(UART_INTERRUPT_ENABLE), 0x05);
	assert_int_equal(in(UART_DATA), 0);
}

static void bytes_leave_at_once(void **state)
{
	driver(FIFOS_ON);
	for (const char *c = "hello, line"; *c; c++) {
		assert_true(in(UART_LINE_STATUS)&LSR_THR_EMPTY);
		out(UART_DATA, (uint8_t)*c);
		assert_int_equal(in(UART_LINE_STATUS), 0x60);
	}
	assert_memory_equal(port.sent, "hello, line", 11);
	/* Without anybody at the other end, likewise. */
	port.uart.transmit = NULL;
	out(UART_DATA, 'x');
	assert_int_equal(port.sent_count, 11);
}

/* Drivers that find out whether the interrupt works rely on each of these steps. */
static void thr_empty_interrupt(void **state)
{
	driver(0);
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_true(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_THR_EMPTY);
	/* Read as the cause, it is gone. */
	assert_false(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_NONE);
	/* Enabled once more, it does not come again; enabled anew, it does. */
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_NONE);
	out(UART_INTERRUPT_ENABLE, 0);
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_THR_EMPTY);
	/* Every byte that has left brings one, as an edge of its own. */
	unsigned edges = port.edges;
	out(UART_DATA, 'a');
	out(UART_DATA, 'b');
	assert_int_equal(port.edges, edges + 2);
	out(UART_INTERRUPT_ENABLE, 0);
	assert_false(port.irq);
}

static void out2_gates_the_interrupt(void **state)
{
	driver(0);
	out(UART_INTERRUPT_ENABLE, IER_RECEIVED);
	receive("x");
	assert_true(port.irq);
	out(UART_MODEM_CONTROL, MCR_DTR | MCR_RTS);
	assert_false(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_RECEIVED);
	out(UART_MODEM_CONTROL, MCR_OUT2);
	assert_true(port.irq);
	/* Loopback makes the pin inactive. */
	out(UART_MODEM_CONTROL, MCR_OUT2 | MCR_LOOPBACK);
	assert_false(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_RECEIVED);
}

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

static void priorities(void **state)
{
	driver(FIFOS_ON);
	out(UART_INTERRUPT_ENABLE, 0x0f);
	out(UART_DATA, 'x');
	/* A modem line changes: the other end's, as loopback turns it round. */
	out(UART_MODEM_CONTROL, MCR_OUT2 | MCR_LOOPBACK);
	out(UART_MODEM_CONTROL, MCR_OUT2);
	uart_receive_break(&port.uart);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc6);
	in(UART_LINE_STATUS);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc4);
	/* Seen is only what is shown. */
	in(UART_DATA);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc2);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc0);
	assert_true(port.irq);
	in(UART_MODEM_STATUS);
	assert_int_equal(in(UART_INTERRUPT_ID), 0xc1);
	assert_false(port.irq);
}

static void loopback_turns_bytes_round(void **state)
{
	driver(FIFOS_ON | TRIGGER_14);
	out(UART_MODEM_CONTROL, MCR_LOOPBACK);
	out(UART_DATA, 0xae);
	assert_int_equal(port.sent_count, 0);
	assert_int_equal(in(UART_LINE_STATUS), 0x61);
	assert_int_equal(in(UART_DATA), 0xae);
	/* The receiver is cut off from the line. */
	assert_int_equal(uart_room(&port.uart), 0);
	assert_false(uart_receive(&port.uart, 'x'));
	uart_receive_break(&port.uart);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
	/* Bits beyond the word do not travel. */
	out(UART_LINE_CONTROL, 0);
	out(UART_DATA, 0xff);
	assert_int_equal(in(UART_DATA), 0x1f);
	out(UART_LINE_CONTROL, LINE_8N1);
	/* Nobody waits here: the seventeenth is lost. */
	for (unsigned i = 0; i < UART_FIFO_DEPTH + 1; i++)
		out(UART_DATA, (uint8_t)i);
	assert_int_equal(in(UART_LINE_STATUS), 0x61 | LSR_OVERRUN);
	for (unsigned i = 0; i < UART_FIFO_DEPTH; i++)
		assert_int_equal(in(UART_DATA), i);
	/* A break goes round once, and holds the line until it ends. */
	out(UART_LINE_CONTROL, LINE_8N1 | LCR_BREAK);
	assert_int_equal(in(UART_LINE_STATUS), 0xe1 | LSR_BREAK | LSR_FRAMING);
	assert_int_equal(in(UART_DATA), 0);
	out(UART_DATA, 'x');
	out(UART_LINE_CONTROL, LINE_8N1 | LCR_BREAK);
	assert_int_equal(in(UART_LINE_STATUS), 0x60);
}

static void loopback_turns_modem_lines_round(void **state)
{
	static const struct {
		uint8_t output, input, delta;
	} rows[] = { { MCR_RTS, MSR_CTS, 0x01 },
		     { MCR_DTR, MSR_DSR, 0x02 },
		     { MCR_OUT2, MSR_DCD, 0x08 } };

	out(UART_MODEM_CONTROL, MCR_LOOPBACK);
	assert_int_equal(in(UART_MODEM_STATUS), 0x0b);
	assert_int_equal(in(UART_MODEM_STATUS), 0x00);
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		out(UART_MODEM_CONTROL, MCR_LOOPBACK | rows[i].output);
		assert_int_equal(in(UART_MODEM_STATUS), rows[i].input | rows[i].delta);
		assert_int_equal(in(UART_MODEM_STATUS), rows[i].input);
		out(UART_MODEM_CONTROL, MCR_LOOPBACK);
		assert_int_equal(in(UART_MODEM_STATUS), rows[i].delta);
	}
	/* The ring indicator counts when it ends. */
	out(UART_MODEM_CONTROL, MCR_LOOPBACK | MCR_OUT1);
	assert_int_equal(in(UART_MODEM_STATUS), MSR_RI);
	out(UART_MODEM_CONTROL, MCR_LOOPBACK);
	assert_int_equal(in(UART_MODEM_STATUS), 0x04);
	/* The test by which drivers tell a port from a modem. */
	out(UART_MODEM_CONTROL, MCR_LOOPBACK | MCR_OUT2 | MCR_RTS);
	assert_int_equal(in(UART_MODEM_STATUS)&0xf0, 0x90);
	out(UART_MODEM_CONTROL, 0);
	assert_int_equal(in(UART_MODEM_STATUS)&0xf0, 0xb0);
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
		cmocka_unit_test_setup(reset_state, set_up),
		cmocka_unit_test_setup(registers_hold_what_they_have, set_up),
		cmocka_unit_test_setup(divisor_latch_shares_two_addresses, set_up),
		cmocka_unit_test_setup(bytes_leave_at_once, set_up),
		cmocka_unit_test_setup(thr_empty_interrupt, set_up),
		cmocka_unit_test_setup(out2_gates_the_interrupt, set_up),
		cmocka_unit_test_setup(one_byte_without_fifo, set_up),
		cmocka_unit_test_setup(trigger_levels, set_up),
		cmocka_unit_test_setup(fifo_control, set_up),
		cmocka_unit_test_setup(character_timeout, set_up),
		cmocka_unit_test_setup(timeout_follows_the_line, set_up),
		cmocka_unit_test_setup(break_is_a_byte_with_errors, set_up),
		cmocka_unit_test_setup(overrun, set_up),
		cmocka_unit_test_setup(priorities, set_up),
		cmocka_unit_test_setup(loopback_turns_bytes_round, set_up),
		cmocka_unit_test_setup(loopback_turns_modem_lines_round, set_up),
		cmocka_unit_test_setup(the_line_waits_for_room, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
