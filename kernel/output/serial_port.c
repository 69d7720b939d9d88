/* It interrupts at one byte received, where it interrupts at all: an emulator that feeds it by that mark
 * then waits until the byte is read. */
#include "kernel/output/serial_port.h"

#include "x86/instructions.h"

enum uart_register {
	UART_DATA = 0,       /* and the divisor's low byte while DLAB is set */
	UART_INTERRUPTS = 1, /* and the divisor's high byte */
	UART_FIFO = 2,
	UART_LINE = 3,
	UART_MODEM = 4,
	UART_LINE_STATUS = 5,
	UART_SCRATCH = 7,
};

#define LINE_8N1              0x03
#define LINE_DLAB             0x80
#define FIFO_ENABLE_AND_CLEAR 0x07
#define MODEM_DTR_RTS         0x03
#define MODEM_OUT2            0x08
#define INTERRUPT_RECEIVED    0x01
#define STATUS_DATA_READY     0x01
#define STATUS_OVERRUN        0x02
#define STATUS_THR_EMPTY      0x20
#define STATUS_IDLE           0x40
#define DIVISOR_115200        1
#define FIFO_DEPTH            16

static uint8_t read(const struct serial_port *port, enum uart_register reg)
{
	return port_read8((uint16_t)(port->base + reg));
}

static void write(const struct serial_port *port, enum uart_register reg, uint8_t value)
{
	port_write8((uint16_t)(port->base + reg), value);
}

static uint8_t line_status(struct serial_port *port)
{
	uint8_t status = read(port, UART_LINE_STATUS);

	if (status & STATUS_OVERRUN)
		__atomic_store_n(&port->overran, true, __ATOMIC_RELAXED);
	return status;
}

bool serial_port_init(struct serial_port *port, uint16_t base)
{
	*port = (struct serial_port) { .base = base };
	write(port, UART_SCRATCH, 0x5a);
	if (read(port, UART_SCRATCH) != 0x5a)
		return false;

	write(port, UART_INTERRUPTS, 0);
	write(port, UART_LINE, LINE_DLAB | LINE_8N1);
	write(port, UART_DATA, DIVISOR_115200);
	write(port, UART_INTERRUPTS, 0);
	write(port, UART_LINE, LINE_8N1);
	write(port, UART_FIFO, FIFO_ENABLE_AND_CLEAR);
	write(port, UART_MODEM, MODEM_DTR_RTS);
	port->present = true;
	return true;
}

size_t serial_port_send(struct serial_port *port, const void *bytes, size_t count)
{
	if (!port->present)
		return count;
	if (!(line_status(port) & STATUS_THR_EMPTY))
		return 0;

	size_t burst = count < FIFO_DEPTH ? count : FIFO_DEPTH;
	for (size_t i = 0; i < burst; i++)
		write(port, UART_DATA, ((const uint8_t *)bytes)[i]);
	return burst;
}

/* OUT2 lets the interrupt through on a PC. */
void serial_port_interrupt(struct serial_port *port)
{
	if (!port->present)
		return;
	write(port, UART_MODEM, MODEM_DTR_RTS | MODEM_OUT2);
	write(port, UART_INTERRUPTS, INTERRUPT_RECEIVED);
}

bool serial_port_receive(struct serial_port *port, uint8_t *byte)
{
	if (!port->present || !(line_status(port) & STATUS_DATA_READY))
		return false;
	*byte = read(port, UART_DATA);
	return true;
}

bool serial_port_overran(struct serial_port *port)
{
	return __atomic_exchange_n(&port->overran, false, __ATOMIC_RELAXED);
}

bool serial_port_is_idle(struct serial_port *port)
{
	return !port->present || (line_status(port) & STATUS_IDLE);
}
