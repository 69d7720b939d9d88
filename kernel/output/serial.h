/* The first 16550-compatible serial port: 115200 baud, 8N1, FIFO on. Polled, but it may tell of what it
 * receives. Callers serialise. */
#ifndef KERNEL_OUTPUT_SERIAL_H
#define KERNEL_OUTPUT_SERIAL_H

#include "lib/error.h"
#include "lib/types.h"

/* Programs the port; false when nothing answers at COM1 (its scratch register does not hold). */
bool serial_init(void);

/* Sends as many of `bytes` as the port takes at once; returns how many. */
size_t serial_send(const char *bytes, size_t count);

/* A byte that came in; false when there is none. One caller at a time, who need not be the sender. */
bool serial_receive(uint8_t *byte) must_check;

/* From now on `listener` is called when a byte has come in, in interrupt context on the CPU that calls this,
 * which is the bootstrap processor. Once all bytes were read; until they are, later ones may not be told of.
 * Without an error, once. */
enum error serial_listen(void (*listener)(void), struct reason *why) must_check;
/* For the interrupt's handler. */
void serial_tell_listener(void);

/* True, once, after bytes came in faster than they were read and some were lost. */
bool serial_overran(void);

/* True when the last byte has left the shift register. */
bool serial_is_idle(void);

#endif
