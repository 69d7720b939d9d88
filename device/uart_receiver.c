/* The receiver of a 16550A: its FIFO, the errors that travel with each byte, and the timeout of bytes
 * that nobody fetches. */
#include "device/uart_parts.h"

/* --- time ----------------------------------------------------------------------------------- */

/* A character with start, parity and stop bits. A divisor of 0, which the datasheet does not allow,
 * counts as 1. */
static device_time character_time(const struct uart *uart)
{
	uint64_t bits = 1 + WORD_LEAST + field_get(uart->line_control, LCR_WORD_LENGTH) + 1;
	uint64_t divisor = uart->divisor ? uart->divisor : 1;

	if (uart->line_control & LCR_PARITY)
		bits++;
	if (uart->line_control & LCR_TWO_STOPS)
		bits++;
	return bits * CLOCKS_A_BIT * divisor * NANOSECONDS / INPUT_CLOCK;
}

/* "FIFO Interrupt Mode Operation": the timeout counts from the last byte that came or was read. */
device_time uart_timeout_at(const struct uart *uart)
{
	if (!uart->fifo_enabled || !uart->count || uart->timed_out)
		return DEVICE_NEVER;
	return uart->quiet_since + TIMEOUT_CHARS * character_time(uart);
}

/* --- bytes ---------------------------------------------------------------------------------- */

static unsigned depth(const struct uart *uart)
{
	return uart->fifo_enabled ? UART_FIFO_DEPTH : 1;
}

/* The errors of a byte show when it has come to the top of the FIFO. */
static void show_errors_of_first(struct uart *uart)
{
	if (uart->count) {
		uart->line_errors |= uart->received[uart->first].errors;
		uart->received[uart->first].errors = 0;
	}
}

void uart_clear_receiver(struct uart *uart)
{
	uart->count = 0;
	uart->first = 0;
	uart->timed_out = false;
	uart_settle(uart);
}

/* A byte from the shift register. Without room the FIFO stays as it is and the byte is lost; the
 * receiver buffer of a 16450 is overwritten. */
void uart_take_in(struct uart *uart, uint8_t byte, uint8_t errors)
{
	if (uart->count == depth(uart)) {
		uart->line_errors |= LSR_OVERRUN;
		if (uart->fifo_enabled)
			return;
		uart->count = 0;
	}
	unsigned at = (uart->first + uart->count) % UART_FIFO_DEPTH;

	uart->received[at].byte = byte;
	uart->received[at].errors = errors;
	uart->count++;
	uart->quiet_since = uart->now;
	uart->timed_out = false;
	uart_settle(uart);
	show_errors_of_first(uart);
}

void uart_take_in_break(struct uart *uart)
{
	uart_take_in(uart, 0, LSR_BREAK | LSR_FRAMING);
}

uint8_t uart_read_received(struct uart *uart)
{
	if (!uart->count)
		return uart->last_received;
	uart->last_received = uart->received[uart->first].byte;
	uart->first = (uint8_t)((uart->first + 1) % UART_FIFO_DEPTH);
	uart->count--;
	uart->quiet_since = uart->now;
	uart->timed_out = false;
	uart_settle(uart);
	show_errors_of_first(uart);
	return uart->last_received;
}

uint8_t uart_read_receiver_status(struct uart *uart)
{
	unsigned status = uart->line_errors;

	if (uart->count)
		status |= LSR_DATA_READY;
	/* The byte on top has shown its errors; those behind it may have some too. */
	if (uart->fifo_enabled && (uart->line_errors & (LSR_BREAK | LSR_FRAMING)))
		status |= LSR_FIFO_ERRORS;
	for (unsigned i = 0; uart->fifo_enabled && i < uart->count; i++)
		if (uart->received[(uart->first + i) % UART_FIFO_DEPTH].errors)
			status |= LSR_FIFO_ERRORS;
	uart->line_errors = 0;
	return (uint8_t)status;
}

unsigned uart_room(const struct uart *uart)
{
	return in_loopback(uart) ? 0 : depth(uart) - uart->count;
}

/* --- the line in ---------------------------------------------------------------------------- */

bool uart_receive(struct uart *uart, uint8_t byte)
{
	if (!uart_room(uart))
		return false;
	uart_take_in(uart, byte, 0);
	uart_drive_interrupt(uart);
	return true;
}

void uart_receive_break(struct uart *uart)
{
	if (in_loopback(uart))
		return;
	uart_take_in_break(uart);
	uart_drive_interrupt(uart);
}
