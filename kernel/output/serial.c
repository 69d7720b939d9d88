/* A 16550 UART at COM1 (PC16550D datasheet, "Registers"). It interrupts at one byte received, if it
 * interrupts at all: an emulator that feeds it by that mark then waits until the byte is read. */
#include "kernel/output/serial.h"

#include "x86/instructions.h"

#define COM1 0x3f8

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
#define STATUS_DATA_READY     0x01
#define STATUS_OVERRUN        0x02
#define STATUS_THR_EMPTY      0x20
#define STATUS_IDLE           0x40
#define DIVISOR_115200        1
#define FIFO_DEPTH            16

static bool present;
static bool overran; /* atomic: reading the line status clears it there */

static uint8_t line_status(void)
{
	uint8_t status = port_read8(COM1 + UART_LINE_STATUS);

	if (status & STATUS_OVERRUN)
		__atomic_store_n(&overran, true, __ATOMIC_RELAXED);
	return status;
}

bool serial_init(void)
{
	port_write8(COM1 + UART_SCRATCH, 0x5a);
	if (port_read8(COM1 + UART_SCRATCH) != 0x5a)
		return false;

	port_write8(COM1 + UART_INTERRUPTS, 0);
	port_write8(COM1 + UART_LINE, LINE_DLAB | LINE_8N1);
	port_write8(COM1 + UART_DATA, DIVISOR_115200);
	port_write8(COM1 + UART_INTERRUPTS, 0);
	port_write8(COM1 + UART_LINE, LINE_8N1);
	port_write8(COM1 + UART_FIFO, FIFO_ENABLE_AND_CLEAR);
	port_write8(COM1 + UART_MODEM, MODEM_DTR_RTS);
	present = true;
	return true;
}

size_t serial_send(const char *bytes, size_t count)
{
	if (!present)
		return count;
	if (!(line_status() & STATUS_THR_EMPTY))
		return 0;

	size_t burst = count < FIFO_DEPTH ? count : FIFO_DEPTH;
	for (size_t i = 0; i < burst; i++)
		port_write8(COM1 + UART_DATA, (uint8_t)bytes[i]);
	return burst;
}

bool serial_receive(uint8_t *byte)
{
	if (!present || !(line_status() & STATUS_DATA_READY))
		return false;
	*byte = port_read8(COM1 + UART_DATA);
	return true;
}

bool serial_overran(void)
{
	return __atomic_exchange_n(&overran, false, __ATOMIC_RELAXED);
}

bool serial_is_idle(void)
{
	return !present || (line_status() & STATUS_IDLE);
}
