/* A 16550-compatible serial port of the machine, 115200 baud, 8N1, FIFO on. Callers
 * serialise senders, and receivers. PC16550D datasheet, "Registers". */
#ifndef KERNEL_OUTPUT_SERIAL_PORT_H
#define KERNEL_OUTPUT_SERIAL_PORT_H

#include "lib/types.h"

#define SERIAL_COM1 0x3f8
#define SERIAL_COM2 0x2f8

struct serial_port {
	uint16_t base;
	bool present;
	bool overran; /* atomic: reading the line status clears it there */
};

/* Programs the port; false when nothing answers there (its scratch register does not hold), and then
 * all of the following do nothing. */
bool serial_port_init(struct serial_port *port, uint16_t base);

/* Sends as many of `bytes` as the port takes at once; returns how many. */
size_t serial_port_send(struct serial_port *port, const void *bytes, size_t count);

/* Has the port raise its interrupt while there are bytes to receive. */
void serial_port_interrupt(struct serial_port *port);

/* A byte that came in; false when there is none. */
bool serial_port_receive(struct serial_port *port, uint8_t *byte) must_check;

/* True, once, after bytes came in faster than they were read and some were lost. */
bool serial_port_overran(struct serial_port *port);

/* True when the last byte has left the shift register. */
bool serial_port_is_idle(struct serial_port *port);

#endif
