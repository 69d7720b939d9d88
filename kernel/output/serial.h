/* The first 16550-compatible serial port, polled: 115200 baud, 8N1, FIFO on. Callers serialise. */
#ifndef KERNEL_OUTPUT_SERIAL_H
#define KERNEL_OUTPUT_SERIAL_H

#include "lib/types.h"

/* Programs the port; false when nothing answers at COM1 (its scratch register does not hold). */
bool serial_init(void);

/* Sends as many of `bytes` as the port takes at once; returns how many. */
size_t serial_send(const char *bytes, size_t count);

/* A byte that came in; false when there is none. One caller at a time, who need not be the sender. */
bool serial_receive(uint8_t *byte) must_check;

/* True, once, after bytes came in faster than they were read and some were lost. */
bool serial_overran(void);

/* True when the last byte has left the shift register. */
bool serial_is_idle(void);

#endif
