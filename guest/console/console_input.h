/* What is typed on the machine's serial port: bytes for the chosen console, escapes that choose
 * another, and lines for the shell (docs/console.md). */
#ifndef GUEST_CONSOLE_CONSOLE_INPUT_H
#define GUEST_CONSOLE_CONSOLE_INPUT_H

#include "lib/types.h"

/* How often the port is read, in microseconds: well before its FIFO is full. */
#define CONSOLE_TICK_US 1000

/* From now on the serial port of the machine is read. Input goes to the first console, and to the
 * shell while there is none. */
void console_read_input(void);

/* What has to be done now and then: prints what guests left unfinished, reads the serial port. Any
 * CPU, no lock held, IRQs on; cheap when it is not due. */
void console_tick(void);

#endif
