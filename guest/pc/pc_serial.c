/* The serial ports. The lowest that there is, is the VM's console; what goes to the others stands in
 * the log too, under the port's name, and nothing comes in on them. */
#include "guest/pc/pc_parts.h"

#include "kernel/output/log.h"
#include "lib/bits.h"

static const struct com_place {
	uint16_t port;
	uint8_t irq;
} com_places[PC_COM_PORTS] = {
	{ UART_COM1_PORT, UART_COM1_IRQ },
	{ UART_COM2_PORT, UART_COM2_IRQ },
	{ UART_COM3_PORT, UART_COM1_IRQ },
	{ UART_COM4_PORT, UART_COM2_IRQ },
};

/* --- the console ----------------------------------------------------------------------------- */

/* Its port; null: there is none. */
static struct uart *console_port(struct pc *pc)
{
	uint8_t mask = pc->spec->com_mask;

	return mask ? &pc->com[__builtin_ctz(mask)] : NULL;
}

static void transmit(void *context, uint8_t byte)
{
	console_put(&((struct pc *)context)->console, byte);
}

/* Hands over what was typed, as far as the port takes it. With the lock. */
static void feed(void *context)
{
	struct pc *pc = (struct pc *)context;
	struct uart *uart = console_port(pc);
	uint8_t byte;

	while (uart_room(uart) && console_get(&pc->console, &byte))
		if (!uart_receive(uart, byte))
			break;
}

void pc_console_input(void *context)
{
	struct pc *pc = (struct pc *)context;
	struct uart *uart = console_port(pc);
	uint64_t flags;

	if (!uart)
		return;
	flags = spinlock_acquire(&pc->lock);
	uart_ops.advance(uart, pc_now(pc));
	feed(pc);
	pc_time_touched(pc, uart);
	spinlock_release(&pc->lock, flags);
}

/* --- the others ------------------------------------------------------------------------------ */

static void print(void *context, const char *text, bool ended)
{
	const struct pc_com_log *port = (const struct pc_com_log *)context;

	log_tagged("guest", "vm=%u(%s:com%u)%c %s", port->pc->vm->id, port->pc->vm->name,
		   port->number, ended ? '|' : '>', text);
}

static void log_byte(void *context, uint8_t byte)
{
	struct pc_com_log *port = (struct pc_com_log *)context;
	const struct console_sink sink = { print, port };

	console_line_put(&port->line, byte, &sink);
}

void pc_serial_flush(struct pc *pc)
{
	uint64_t flags = spinlock_acquire(&pc->lock);

	for (unsigned n = 0; n < PC_COM_PORTS; n++) {
		struct pc_com_log *port = &pc->com_logs[n];
		const struct console_sink sink = { print, port };

		console_line_flush(&port->line, &sink);
	}
	spinlock_release(&pc->lock, flags);
}

/* --- making ---------------------------------------------------------------------------------- */

static enum error add_com(struct pc *pc, unsigned n, struct reason *why)
{
	struct uart *uart = &pc->com[n];
	const struct bus_place place = { com_places[n].port, UART_PORTS, 0, 1 };

	uart_init(uart);
	pc_keep_chip(pc, &uart_ops, uart);
	uart->irq = (struct wire) { pc_irq, pc, PC_WIRE(com_places[n].irq, n) };
	if (uart == console_port(pc)) {
		uart->context = pc;
		uart->transmit = transmit;
		uart->receptive = feed;
	} else {
		pc->com_logs[n] = (struct pc_com_log) { .pc = pc, .number = n + 1 };
		uart->context = &pc->com_logs[n];
		uart->transmit = log_byte;
	}
	return bus_attach(&pc->ports, &place, 1, &uart_ops, uart, why);
}

enum error pc_serial_create(struct pc *pc, struct reason *why)
{
	enum error error = ERROR_NONE;

	for (unsigned n = 0; n < PC_COM_PORTS && !error; n++)
		if (pc->spec->com_mask & BIT(n))
			error = add_com(pc, n, why);
	return error;
}
