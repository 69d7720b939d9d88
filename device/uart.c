/* The registers of a 16550A, each as the datasheet's section "Registers" has it, and the interrupt
 * that follows from them. */
#include "device/uart.h"

#include "device/uart_parts.h"
#include "lib/bits.h"
#include "lib/string.h"

/* --- the interrupt -------------------------------------------------------------------------- */

static unsigned cause(const struct uart *uart)
{
	unsigned enabled = uart->interrupt_enable;

	if ((enabled & IER_LINE_STATUS) && uart->line_errors)
		return IIR_LINE_STATUS;
	if ((enabled & IER_RECEIVED) && uart->count >= uart->trigger)
		return IIR_RECEIVED;
	if ((enabled & IER_RECEIVED) && uart->timed_out)
		return IIR_TIMEOUT;
	if ((enabled & IER_THR_EMPTY) && uart->thr_empty_pending)
		return IIR_THR_EMPTY;
	if ((enabled & IER_MODEM_STATUS) && uart->modem_deltas)
		return IIR_MODEM_STATUS;
	return IIR_NONE;
}

/* In loopback the pin OUT2# is inactive, as all modem outputs are, and with it the PC's gate. */
static void drive_interrupt(const struct uart *uart)
{
	bool gate = (uart->modem_control & MCR_OUT2) && !in_loopback(uart);

	wire_set(&uart->irq, gate && cause(uart) != IIR_NONE);
}

/* --- the line in ---------------------------------------------------------------------------- */

bool uart_receive(struct uart *uart, uint8_t byte)
{
	if (!uart_room(uart))
		return false;
	uart_take_in(uart, byte, 0);
	drive_interrupt(uart);
	return true;
}

/* A break looks like a zero whose stop bit is missing. */
static void take_in_break(struct uart *uart)
{
	uart_take_in(uart, 0, LSR_BREAK | LSR_FRAMING);
}

void uart_receive_break(struct uart *uart)
{
	if (in_loopback(uart))
		return;
	take_in_break(uart);
	drive_interrupt(uart);
}

/* --- the transmitter ------------------------------------------------------------------------ */

static void loop_back(struct uart *uart, uint8_t byte)
{
	unsigned length = WORD_LEAST + (unsigned)field_get(uart->line_control, LCR_WORD_LENGTH);

	/* A break holds the line: no byte gets through. */
	if (!(uart->line_control & LCR_BREAK))
		uart_take_in(uart, byte & (uint8_t)BITS(length - 1, 0), 0);
}

/* The interrupt goes while the byte is on its way, and comes back when it has left: an
 * edge-triggered controller sees another edge. */
static void send(struct uart *uart, uint8_t byte)
{
	uart->thr_empty_pending = false;
	drive_interrupt(uart);
	if (in_loopback(uart))
		loop_back(uart, byte);
	else if (uart->transmit)
		uart->transmit(uart->context, byte);
	if (uart->pace)
		uart->busy_until = (uart->busy_until ? uart->busy_until : uart->now) + uart->pace;
	uart->thr_empty_pending = !uart->busy_until;
}

/* --- modem lines ---------------------------------------------------------------------------- */

static uint8_t modem_inputs(const struct uart *uart)
{
	uint8_t control = uart->modem_control;
	uint8_t inputs = 0;

	if (!in_loopback(uart))
		return MSR_TERMINAL;
	if (control & MCR_RTS)
		inputs |= MSR_CTS;
	if (control & MCR_DTR)
		inputs |= MSR_DSR;
	if (control & MCR_OUT1)
		inputs |= MSR_RI;
	if (control & MCR_OUT2)
		inputs |= MSR_DCD;
	return inputs;
}

/* Of the ring indicator only its end counts. */
static void look_at_modem(struct uart *uart)
{
	uint8_t inputs = modem_inputs(uart);
	unsigned changed = inputs ^ uart->modem_inputs;

	if (inputs & MSR_RI)
		changed &= ~(unsigned)MSR_RI;
	uart->modem_deltas |= (uint8_t)(changed >> MSR_DELTA_SHIFT);
	uart->modem_inputs = inputs;
}

/* --- registers ------------------------------------------------------------------------------ */

static uint8_t read_interrupt_id(struct uart *uart)
{
	unsigned id = cause(uart);

	/* Seen is done with, for this cause alone. */
	if (id == IIR_THR_EMPTY)
		uart->thr_empty_pending = false;
	return (uint8_t)(id | (uart->fifo_enabled ? IIR_FIFOS : 0));
}

static uint8_t read_line_status(struct uart *uart)
{
	uint8_t status = uart_read_receiver_status(uart);

	return uart->busy_until ? status : status | LSR_THR_EMPTY | LSR_IDLE;
}

static uint8_t read_modem_status(struct uart *uart)
{
	uint8_t status = uart->modem_inputs | uart->modem_deltas;

	uart->modem_deltas = 0;
	return status;
}

static void write_interrupt_enable(struct uart *uart, uint8_t value)
{
	uint8_t enabled = value & (uint8_t)IER_WRITABLE;

	/* The interrupt comes when its condition and its enable meet: the holding register is empty. */
	if ((enabled & ~uart->interrupt_enable & IER_THR_EMPTY) && !uart->busy_until)
		uart->thr_empty_pending = true;
	uart->interrupt_enable = enabled;
}

static void write_fifo_control(struct uart *uart, uint8_t value)
{
	static const uint8_t triggers[] = { 1, 4, 8, 14 };
	bool enable = value & FCR_ENABLE;

	/* Bytes do not survive a change of mode, and no other bit counts without this one. */
	if (enable != uart->fifo_enabled || (enable && (value & FCR_CLEAR_RECEIVER)))
		uart_clear_receiver(uart);
	uart->fifo_enabled = enable;
	uart->trigger = enable ? triggers[field_get(value, FCR_TRIGGER)] : 1;
}

static void send_break_round(struct uart *uart)
{
	bool sending = in_loopback(uart) && (uart->line_control & LCR_BREAK);

	if (sending && !uart->break_sent)
		take_in_break(uart);
	uart->break_sent = sending;
}

static void write_data(struct uart *uart, uint8_t value)
{
	if (uart->line_control & LCR_DLAB)
		uart->divisor = (uint16_t)((uart->divisor & BITS(15, 8)) | value);
	else
		send(uart, value);
}

/* The status registers are there to be read; writing one is a test of the factory's. */
static void write_register(struct uart *uart, unsigned number, uint8_t value)
{
	switch ((enum uart_register)number) {
	case UART_DATA:
		write_data(uart, value);
		break;
	case UART_INTERRUPT_ENABLE:
		if (uart->line_control & LCR_DLAB)
			uart->divisor = (uint16_t)((uart->divisor & BITS(7, 0)) | (value << 8));
		else
			write_interrupt_enable(uart, value);
		break;
	case UART_INTERRUPT_ID:
		write_fifo_control(uart, value);
		break;
	case UART_LINE_CONTROL:
		uart->line_control = value;
		send_break_round(uart);
		break;
	case UART_MODEM_CONTROL:
		uart->modem_control = value & (uint8_t)MCR_WRITABLE;
		look_at_modem(uart);
		send_break_round(uart);
		break;
	case UART_SCRATCH:
		uart->scratch = value;
		break;
	case UART_LINE_STATUS:
	case UART_MODEM_STATUS:
		break;
	}
}

static uint8_t read_register(struct uart *uart, unsigned number)
{
	bool divisor = uart->line_control & LCR_DLAB;

	switch ((enum uart_register)number) {
	case UART_DATA:
		return divisor ? (uint8_t)uart->divisor : uart_read_received(uart);
	case UART_INTERRUPT_ENABLE:
		return divisor ? (uint8_t)(uart->divisor >> 8) : uart->interrupt_enable;
	case UART_INTERRUPT_ID:
		return read_interrupt_id(uart);
	case UART_LINE_CONTROL:
		return uart->line_control;
	case UART_MODEM_CONTROL:
		return uart->modem_control;
	case UART_LINE_STATUS:
		return read_line_status(uart);
	case UART_MODEM_STATUS:
		return read_modem_status(uart);
	case UART_SCRATCH:
		return uart->scratch;
	}
	return UINT8_MAX;
}

/* --- the chip ------------------------------------------------------------------------------- */

/* After an access: the interrupt, and who waits for room. */
static void settle(struct uart *uart, unsigned room_before)
{
	drive_interrupt(uart);
	if (!room_before && uart_room(uart) && uart->receptive)
		uart->receptive(uart->context);
}

static uint64_t uart_read(void *chip, uint64_t offset, unsigned width)
{
	struct uart *uart = chip;
	unsigned room = uart_room(uart);
	uint8_t value = read_register(uart, (unsigned)offset % UART_PORTS);

	settle(uart, room);
	return value;
}

static void uart_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct uart *uart = chip;
	unsigned room = uart_room(uart);

	write_register(uart, (unsigned)offset % UART_PORTS, (uint8_t)value);
	settle(uart, room);
}

static void uart_advance(void *chip, device_time now)
{
	struct uart *uart = chip;

	uart->now = now;
	if (uart->busy_until && now >= uart->busy_until) {
		uart->busy_until = 0;
		uart->thr_empty_pending = true;
		drive_interrupt(uart);
	}
	if (now >= uart_timeout_at(uart)) {
		uart->timed_out = true;
		drive_interrupt(uart);
	}
}

static device_time uart_next(const void *chip)
{
	const struct uart *uart = chip;

	device_time next = uart->busy_until ? uart->busy_until : DEVICE_NEVER;

	if ((uart->interrupt_enable & IER_RECEIVED) && uart_timeout_at(uart) < next)
		next = uart_timeout_at(uart);
	return next;
}

/* "Master Reset": the divisor and the scratch register are not touched. */
static void uart_reset(void *chip)
{
	struct uart *uart = chip;
	unsigned room = uart_room(uart);

	uart_clear_receiver(uart);
	uart->last_received = 0;
	uart->interrupt_enable = 0;
	uart->line_control = 0;
	uart->modem_control = 0;
	uart->line_errors = 0;
	uart->modem_inputs = MSR_TERMINAL;
	uart->modem_deltas = 0;
	uart->fifo_enabled = false;
	uart->trigger = 1;
	uart->busy_until = 0;
	uart->thr_empty_pending = false;
	uart->break_sent = false;
	settle(uart, room);
}

void uart_init(struct uart *uart)
{
	uart->now = 0;
	uart->quiet_since = 0;
	uart->scratch = 0;
	uart->divisor = DIVISOR_9600;
	memset(uart->received, 0, sizeof(uart->received));
	uart_reset(uart);
}

const struct chip_ops uart_ops = {
	.name = "uart",
	.read = uart_read,
	.write = uart_write,
	.advance = uart_advance,
	.next = uart_next,
	.reset = uart_reset,
};
