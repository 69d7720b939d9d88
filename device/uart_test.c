/* The serial port against the PC16550D datasheet, as a driver sees it: registers, sending, interrupts
 * and loopback. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/uart_port.h"

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

/* Only while the board asks for it: the holding register is full until the pace has passed. */
/* Accesses that the interrupt does not hang on leave its wire alone, unless it is asserted: who receives
 * the level may have missed it. */
static void the_wire_is_told_of_levels_alone(void **state)
{
	unsigned told;

	out(UART_MODEM_CONTROL, MCR_OUT2);
	told = port.told;
	out(UART_SCRATCH, 0x5a);
	(void)in(UART_SCRATCH);
	(void)in(UART_LINE_STATUS);
	(void)in(UART_LINE_CONTROL);
	out(UART_LINE_CONTROL, LCR_DLAB);
	out(UART_DATA, 1);
	out(UART_LINE_CONTROL, LINE_8N1);
	assert_int_equal(port.told, told);
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_true(port.irq);
	for (unsigned reg = UART_LINE_CONTROL; reg <= UART_SCRATCH; reg++) {
		told = port.told;
		(void)in(reg);
		assert_int_equal(port.told, told + 1);
		assert_true(port.irq);
	}
	told = port.told;
	out(UART_SCRATCH, 0);
	out(UART_LINE_STATUS, 0);
	out(UART_MODEM_STATUS, 0);
	assert_int_equal(port.told, told + 3);
	assert_int_equal(port.edges, 1);
}

/* Errors that came with bytes are an interrupt until the line status is read. */
static void reading_the_line_status_ends_its_interrupt(void **state)
{
	out(UART_MODEM_CONTROL, MCR_OUT2);
	out(UART_INTERRUPT_ENABLE, IER_LINE_STATUS);
	uart_receive_break(&port.uart);
	assert_true(port.irq);
	assert_int_equal(in(UART_INTERRUPT_ID)&BITS(3, 0), IIR_LINE_STATUS);
	assert_int_equal(in(UART_LINE_STATUS),
			 LSR_DATA_READY | LSR_BREAK | LSR_FRAMING | LSR_THR_EMPTY | LSR_IDLE);
	assert_false(port.irq);
	assert_int_equal(in(UART_LINE_STATUS), LSR_DATA_READY | LSR_THR_EMPTY | LSR_IDLE);
	assert_int_equal(in(UART_DATA), 0);
	assert_int_equal(in(UART_LINE_STATUS), LSR_THR_EMPTY | LSR_IDLE);
}

static void a_paced_transmitter_is_busy(void **state)
{
	driver(0);
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_THR_EMPTY);
	port.uart.pace = 1000;
	out(UART_DATA, 'a');
	assert_int_equal(in(UART_LINE_STATUS) & (LSR_THR_EMPTY | LSR_IDLE), 0);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_NONE);
	/* The interrupt does not come by enabling it again, and another byte takes as long again. */
	out(UART_INTERRUPT_ENABLE, 0);
	out(UART_INTERRUPT_ENABLE, IER_THR_EMPTY);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_NONE);
	out(UART_DATA, 'b');
	assert_int_equal(uart_ops.next(&port.uart), port.uart.now + 2000);
	uart_ops.advance(&port.uart, port.uart.now + 1999);
	assert_int_equal(in(UART_LINE_STATUS)&LSR_THR_EMPTY, 0);
	uart_ops.advance(&port.uart, port.uart.now + 1);
	assert_int_equal(in(UART_LINE_STATUS)&LSR_THR_EMPTY, LSR_THR_EMPTY);
	assert_int_equal(in(UART_INTERRUPT_ID), IIR_THR_EMPTY);
	assert_int_equal(uart_ops.next(&port.uart), DEVICE_NEVER);
	port.uart.pace = 0;
	out(UART_DATA, 'c');
	assert_int_equal(in(UART_LINE_STATUS)&LSR_THR_EMPTY, LSR_THR_EMPTY);
}

static void only_bytes_under_way_keep_it_from_being_idle(void **state)
{
	const bool *idle = uart_ops.idle(&port.uart);

	driver(FIFOS_ON | TRIGGER_14);
	assert_true(*idle);
	out(UART_DATA, 'a');
	assert_true(*idle);
	receive("bc");
	assert_false(*idle);
	in(UART_DATA);
	assert_false(*idle);
	in(UART_DATA);
	assert_true(*idle);
	receive("d");
	driver(FIFOS_ON | FCR_CLEAR_RECEIVER);
	assert_true(*idle);
	port.uart.pace = 1000;
	out(UART_DATA, 'e');
	assert_false(*idle);
	uart_ops.advance(&port.uart, port.uart.now + 1000);
	assert_true(*idle);
	out(UART_DATA, 'f');
	uart_ops.reset(&port.uart);
	assert_true(*idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reset_state, set_up),
		cmocka_unit_test_setup(registers_hold_what_they_have, set_up),
		cmocka_unit_test_setup(divisor_latch_shares_two_addresses, set_up),
		cmocka_unit_test_setup(bytes_leave_at_once, set_up),
		cmocka_unit_test_setup(thr_empty_interrupt, set_up),
		cmocka_unit_test_setup(the_wire_is_told_of_levels_alone, set_up),
		cmocka_unit_test_setup(reading_the_line_status_ends_its_interrupt, set_up),
		cmocka_unit_test_setup(a_paced_transmitter_is_busy, set_up),
		cmocka_unit_test_setup(only_bytes_under_way_keep_it_from_being_idle, set_up),
		cmocka_unit_test_setup(out2_gates_the_interrupt, set_up),
		cmocka_unit_test_setup(priorities, set_up),
		cmocka_unit_test_setup(loopback_turns_bytes_round, set_up),
		cmocka_unit_test_setup(loopback_turns_modem_lines_round, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
