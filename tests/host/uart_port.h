/* A serial port as a driver and the line see it, for its tests: registers by number, what was sent,
 * the interrupt's level. Included after cmocka. */
#ifndef TESTS_HOST_UART_PORT_H
#define TESTS_HOST_UART_PORT_H

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
	unsigned told;  /* how often its wire was set */
	uint8_t sent[64];
	unsigned sent_count;
	unsigned receptive;
	unsigned waiting; /* bytes to give when the receiver has room */
} port;

static inline void set_irq(void *context, unsigned number, bool level)
{
	assert_int_equal(number, UART_COM1_IRQ);
	port.edges += level && !port.irq;
	port.told++;
	port.irq = level;
}

static inline void transmit(void *context, uint8_t byte)
{
	port.sent[port.sent_count++ % ARRAY_SIZE(port.sent)] = byte;
}

static inline void receptive(void *context)
{
	port.receptive++;
	while (port.waiting && uart_receive(&port.uart, (uint8_t)port.waiting))
		port.waiting--;
}

static inline uint8_t in(unsigned reg)
{
	return (uint8_t)uart_ops.read(&port.uart, reg, 1);
}

static inline void out(unsigned reg, uint8_t value)
{
	uart_ops.write(&port.uart, reg, 1, value);
}

static inline void at(device_time now)
{
	uart_ops.advance(&port.uart, now);
}

static inline void receive(const char *text)
{
	for (; *text; text++)
		assert_true(uart_receive(&port.uart, (uint8_t)*text));
}

/* A driver's set-up: 115200 baud, 8N1, FIFOs as said, the interrupt let through. */
static inline void driver(uint8_t fifo_control)
{
	out(UART_LINE_CONTROL, LCR_DLAB);
	out(UART_DATA, 1);
	out(UART_INTERRUPT_ENABLE, 0);
	out(UART_LINE_CONTROL, LINE_8N1);
	out(UART_INTERRUPT_ID, fifo_control);
	out(UART_MODEM_CONTROL, MCR_DTR | MCR_RTS | MCR_OUT2);
	in(UART_MODEM_STATUS);
}

static inline int set_up(void **state)
{
	memset(&port, 0, sizeof(port));
	port.uart.irq = (struct wire) { set_irq, NULL, UART_COM1_IRQ };
	port.uart.transmit = transmit;
	port.uart.receptive = receptive;
	uart_init(&port.uart);
	at(1000);
	return 0;
}

#endif
