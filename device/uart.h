/* A 16550A serial port (National Semiconductor, "PC16550D Universal Asynchronous
 * Receiver/Transmitter with FIFOs"), wired as on a PC: its interrupt reaches the interrupt
 * controllers only while the modem control output OUT2# is active, and the other end of the line is
 * a terminal that is always there (CTS, DSR and DCD active, no ring).
 *
 * The line is faster than any driver: a byte leaves as soon as it is written, so the transmitter is
 * empty whenever anybody looks, unless the board asks for a pace: then it is busy for a while after
 * each byte, although that one has left. Bytes come in as fast as the receiver has room. Bytes cross the
 * line whole, whatever the word length: firmware leaves eight bits, and a kernel that was started
 * without firmware may count on it. The loopback of the modem control register cuts them. */
#ifndef DEVICE_UART_H
#define DEVICE_UART_H

#include "device/chip.h"
#include "lib/types.h"

#define UART_PORTS      8 /* of I/O space that a port takes; a byte wide each */
#define UART_FIFO_DEPTH 16

/* Where a PC has its four serial ports. */
#define UART_COM1_PORT 0x3f8
#define UART_COM2_PORT 0x2f8
#define UART_COM3_PORT 0x3e8
#define UART_COM4_PORT 0x2e8
#define UART_COM1_IRQ  4 /* and COM3's */
#define UART_COM2_IRQ  3 /* and COM4's */

struct uart {
	/* What the board connects; kept by a reset. */
	struct wire irq;
	void *context; /* for the two below */
	/* A byte leaves for the line. Null: nobody listens. */
	void (*transmit)(void *context, uint8_t byte);
	/* The receiver, which was full, has room: uart_receive() may be called from here. It is
	 * called at the end of an access. Null: nobody waits. */
	void (*receptive)(void *context);

	/* How long a byte keeps the transmitter busy; 0: not at all. The board may change it at any
	 * time, from within transmit() too. */
	device_time pace;

	/* The chip's own. */
	device_time now;
	device_time busy_until;  /* the transmitter; 0: it is empty */
	device_time quiet_since; /* the receiver FIFO was last filled or read */
	uint16_t divisor;        /* DLL and DLM; a reset keeps it */
	uint8_t interrupt_enable, line_control, modem_control, scratch;
	uint8_t line_errors; /* of the line status register: what a read of it clears */
	uint8_t modem_inputs, modem_deltas;
	uint8_t trigger; /* bytes in the receiver at which it interrupts */
	bool fifo_enabled;
	bool thr_empty_pending; /* the interrupt, until it is seen or a byte is written */
	bool timed_out;         /* bytes below the trigger level have waited */
	bool break_sent;        /* the loop has seen this break already */
	bool interrupting;      /* what the wire was last driven to */
	bool idle;             /* no byte is leaving or waits to be fetched: only these take time */
	uint8_t last_received; /* what the receiver buffer reads once it is empty */
	uint8_t count, first;  /* of the bytes received; without FIFOs one at most */
	struct {
		uint8_t byte;
		uint8_t errors; /* as in the line status register */
	} received[UART_FIFO_DEPTH];
};

extern const struct chip_ops uart_ops;

/* Power-on: all registers as after a reset, 9600 baud. Wires are left alone. */
void uart_init(struct uart *uart);

/* A byte comes in from the line. False, and nothing changed, when the receiver has no room: the
 * caller keeps the byte and offers it again after `receptive`. The board has called advance() with
 * the present time, and asks next() afterwards. */
bool uart_receive(struct uart *uart, uint8_t byte) must_check;

/* The line is held in the spacing state for a whole character: a break. The receiver takes it as a
 * line does, with or without room: without, it is an overrun. */
void uart_receive_break(struct uart *uart);

/* How many bytes uart_receive() takes now; 0 in loopback, where the line is cut off. */
unsigned uart_room(const struct uart *uart);

#endif
