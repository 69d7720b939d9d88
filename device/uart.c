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
void uart_drive_interrupt(struct uart *uart)
{
	bool gate = (uart->modem_control & (MCR_OUT2 | MCR_LOOPBACK)) == MCR_OUT2;
	bool level = gate && cause(uart) != IIR_NONE;

	/* A level that stays is told again: who receives it may not have been able to pass it on. */
	if (!level && !uart->interrupting)
		return;
	uart->interrupting = level;
	wire_set(&uart->irq, level);
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
	uart_drive_interrupt(uart);
	if (in_loopback(uart))
		loop_back(uart, byte);
	else if (uart->transmit)
		uart->transmit(uart->context, byte);
	if (uart->pace)
		uart->busy_until = (uart->busy_until ? uart->busy_until : uart->now) + uart->pace;
	uart_settle(uart);
	uart->thr_empty_pending = !uart->busy_until;
	uart_drive_interrupt(uart);
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

/* --- registers: reading ---------------------------------------------------------------------- */

/* After an access that changed nothing the interrupt hangs on: a level that is there is told again. */
static inline void stay(const struct uart *uart)
{
	if (unlikely(uart->interrupting))
		wire_set(&uart->irq, true);
}

/* The receiver may have more room than it had: who waited for some is told, behind the interrupt. */
static void offer_room(struct uart *uart, unsigned room_before)
{
	if (!room_before && uart_room(uart) && uart->receptive)
		uart->receptive(uart->context);
}

static bool sees_divisor(const struct uart *uart)
{
	return uart->line_control & LCR_DLAB;
}

static uint8_t read_data(struct uart *uart)
{
	unsigned room = uart_room(uart);
	uint8_t byte;

	if (sees_divisor(uart)) {
		stay(uart);
		return (uint8_t)uart->divisor;
	}
	byte = uart_read_received(uart);
	uart_drive_interrupt(uart);
	offer_room(uart, room);
	return byte;
}

static uint8_t read_interrupt_enable(struct uart *uart)
{
	stay(uart);
	return sees_divisor(uart) ? (uint8_t)(uart->divisor >> 8) : uart->interrupt_enable;
}

static uint8_t read_interrupt_id(struct uart *uart)
{
	unsigned id = cause(uart);

	/* Seen is done with, for this cause alone. */
	if (id == IIR_THR_EMPTY)
		uart->thr_empty_pending = false;
	uart_drive_interrupt(uart);
	return (uint8_t)(id | (uart->fifo_enabled ? IIR_FIFOS : 0));
}

static uint8_t read_line_control(struct uart *uart)
{
	stay(uart);
	return uart->line_control;
}

static uint8_t read_modem_control(struct uart *uart)
{
	stay(uart);
	return uart->modem_control;
}

static uint8_t read_line_status(struct uart *uart)
{
	uint8_t status = uart->busy_until ? 0 : LSR_THR_EMPTY | LSR_IDLE;

	/* Nearly always nothing has come in. */
	if (uart->line_errors | uart->count) {
		status |= uart_read_receiver_status(uart);
		uart_drive_interrupt(uart);
	} else {
		stay(uart);
	}
	return status;
}

static uint8_t read_modem_status(struct uart *uart)
{
	uint8_t status = uart->modem_inputs | uart->modem_deltas;

	uart->modem_deltas = 0;
	uart_drive_interrupt(uart);
	return status;
}

static uint8_t read_scratch(struct uart *uart)
{
	stay(uart);
	return uart->scratch;
}

/* --- registers: writing ---------------------------------------------------------------------- */

static void write_data(struct uart *uart, uint8_t value)
{
	if (sees_divisor(uart)) {
		uart->divisor = (uint16_t)((uart->divisor & BITS(15, 8)) | value);
		stay(uart);
	} else {
		send(uart, value);
	}
}

static void write_interrupt_enable(struct uart *uart, uint8_t value)
{
	uint8_t enabled = value & (uint8_t)IER_WRITABLE;

	if (sees_divisor(uart)) {
		uart->divisor = (uint16_t)((uart->divisor & BITS(7, 0)) | (value << 8));
		stay(uart);
		return;
	}
	/* The interrupt comes when its condition and its enable meet: the holding register is empty. */
	if ((enabled & ~uart->interrupt_enable & IER_THR_EMPTY) && !uart->busy_until)
		uart->thr_empty_pending = true;
	uart->interrupt_enable = enabled;
	uart_drive_interrupt(uart);
}

static void write_fifo_control(struct uart *uart, uint8_t value)
{
	static const uint8_t triggers[] = { 1, 4, 8, 14 };
	bool enable = value & FCR_ENABLE;
	unsigned room = uart_room(uart);

	/* Bytes do not survive a change of mode, and no other bit counts without this one. */
	if (enable != uart->fifo_enabled || (enable && (value & FCR_CLEAR_RECEIVER)))
		uart_clear_receiver(uart);
	uart->fifo_enabled = enable;
	uart->trigger = enable ? triggers[field_get(value, FCR_TRIGGER)] : 1;
	uart_drive_interrupt(uart);
	offer_room(uart, room);
}

static void send_break_round(struct uart *uart)
{
	bool sending = in_loopback(uart) && (uart->line_control & LCR_BREAK);

	if (sending && !uart->break_sent)
		uart_take_in_break(uart);
	uart->break_sent = sending;
}

static void write_line_control(struct uart *uart, uint8_t value)
{
	uart->line_control = value;
	send_break_round(uart);
	uart_drive_interrupt(uart);
}

static void write_modem_control(struct uart *uart, uint8_t value)
{
	unsigned room = uart_room(uart);

	uart->modem_control = value & (uint8_t)MCR_WRITABLE;
	look_at_modem(uart);
	send_break_round(uart);
	uart_drive_interrupt(uart);
	offer_room(uart, room);
}

/* The status registers are there to be read; writing one is a test of the factory's. */
static void write_status(struct uart *uart, uint8_t value)
{
	stay(uart);
}

static void write_scratch(struct uart *uart, uint8_t value)
{
	uart->scratch = value;
	stay(uart);
}

/* --- the chip ------------------------------------------------------------------------------- */

static const struct {
	uint8_t (*read)(struct uart *uart);
	void (*write)(struct uart *uart, uint8_t value);
} registers[UART_PORTS] = {
	[UART_DATA] = { read_data, write_data },
	[UART_INTERRUPT_ENABLE] = { read_interrupt_enable, write_interrupt_enable },
	[UART_INTERRUPT_ID] = { read_interrupt_id, write_fifo_control },
	[UART_LINE_CONTROL] = { read_line_control, write_line_control },
	[UART_MODEM_CONTROL] = { read_modem_control, write_modem_control },
	[UART_LINE_STATUS] = { read_line_status, write_status },
	[UART_MODEM_STATUS] = { read_modem_status, write_status },
	[UART_SCRATCH] = { read_scratch, write_scratch },
};

static uint64_t uart_read(void *chip, uint64_t offset, unsigned width)
{
	return registers[offset % UART_PORTS].read(chip);
}

static void uart_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	registers[offset % UART_PORTS].write(chip, (uint8_t)value);
}

static noinline_fn void let_pass(struct uart *uart, device_time now)
{
	if (uart->busy_until && now >= uart->busy_until) {
		uart->busy_until = 0;
		uart_settle(uart);
		uart->thr_empty_pending = true;
		uart_drive_interrupt(uart);
	}
	if (now >= uart_timeout_at(uart)) {
		uart->timed_out = true;
		uart_drive_interrupt(uart);
	}
}

static void uart_advance(void *chip, device_time now)
{
	struct uart *uart = chip;

	uart->now = now;
	if (unlikely(!uart->idle))
		let_pass(uart, now);
}

static noinline_fn device_time end_of_wait(const struct uart *uart)
{
	device_time next = uart->busy_until ? uart->busy_until : DEVICE_NEVER;

	if ((uart->interrupt_enable & IER_RECEIVED) && uart_timeout_at(uart) < next)
		next = uart_timeout_at(uart);
	return next;
}

static device_time uart_next(const void *chip)
{
	const struct uart *uart = chip;

	return likely(uart->idle) ? DEVICE_NEVER : end_of_wait(uart);
}

static const bool *uart_idle(const void *chip)
{
	return &((const struct uart *)chip)->idle;
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
	uart_settle(uart);
	uart->thr_empty_pending = false;
	uart->break_sent = false;
	uart_drive_interrupt(uart);
	offer_room(uart, room);
}

void uart_init(struct uart *uart)
{
	uart->now = 0;
	uart->quiet_since = 0;
	uart->interrupting = false;
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
	.idle = uart_idle,
	.reset = uart_reset,
};
