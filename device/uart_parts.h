/* What the files of the serial port share: the registers' names, and the receiver. */
#ifndef DEVICE_UART_PARTS_H
#define DEVICE_UART_PARTS_H

#include "device/uart.h"
#include "lib/bits.h"

enum uart_register {
	UART_DATA = 0,             /* receiver buffer, transmitter holding; DLL while DLAB is set */
	UART_INTERRUPT_ENABLE = 1, /* DLM while DLAB is set */
	UART_INTERRUPT_ID = 2,     /* written: FIFO control */
	UART_LINE_CONTROL = 3,
	UART_MODEM_CONTROL = 4,
	UART_LINE_STATUS = 5,
	UART_MODEM_STATUS = 6,
	UART_SCRATCH = 7,
};

/* Interrupt enable. */
#define IER_RECEIVED     BIT(0)
#define IER_THR_EMPTY    BIT(1)
#define IER_LINE_STATUS  BIT(2)
#define IER_MODEM_STATUS BIT(3)
#define IER_WRITABLE     BITS(3, 0)

/* Interrupt identification: the causes in the order of their priority. */
#define IIR_LINE_STATUS  0x06
#define IIR_RECEIVED     0x04
#define IIR_TIMEOUT      0x0c
#define IIR_THR_EMPTY    0x02
#define IIR_MODEM_STATUS 0x00
#define IIR_NONE         0x01
#define IIR_FIFOS        BITS(7, 6) /* they are enabled */

/* FIFO control. */
#define FCR_ENABLE         BIT(0)
#define FCR_CLEAR_RECEIVER BIT(1)
#define FCR_TRIGGER        BITS(7, 6)

/* Line control. */
#define LCR_WORD_LENGTH BITS(1, 0) /* less WORD_LEAST */
#define LCR_TWO_STOPS   BIT(2)
#define LCR_PARITY      BIT(3)
#define LCR_BREAK       BIT(6)
#define LCR_DLAB        BIT(7)
#define WORD_LEAST      5

/* Modem control: the outputs, and loopback, which turns them round. */
#define MCR_DTR      BIT(0)
#define MCR_RTS      BIT(1)
#define MCR_OUT1     BIT(2)
#define MCR_OUT2     BIT(3)
#define MCR_LOOPBACK BIT(4)
#define MCR_WRITABLE BITS(4, 0)

/* Line status. */
#define LSR_DATA_READY  BIT(0)
#define LSR_OVERRUN     BIT(1)
#define LSR_FRAMING     BIT(3)
#define LSR_BREAK       BIT(4)
#define LSR_THR_EMPTY   BIT(5)
#define LSR_IDLE        BIT(6) /* shift register empty too */
#define LSR_FIFO_ERRORS BIT(7)

/* Modem status: the inputs; what has changed since it was read is SHIFT bits below. */
#define MSR_CTS         BIT(4)
#define MSR_DSR         BIT(5)
#define MSR_RI          BIT(6)
#define MSR_DCD         BIT(7)
#define MSR_DELTA_SHIFT 4
#define MSR_TERMINAL    (MSR_CTS | MSR_DSR | MSR_DCD)

#define INPUT_CLOCK   1843200ull /* Hz */
#define CLOCKS_A_BIT  16
#define DIVISOR_9600  12
#define TIMEOUT_CHARS 4

static inline bool in_loopback(const struct uart *uart)
{
	return uart->modem_control & MCR_LOOPBACK;
}

/* After the transmitter's state or the number of bytes received may have changed. */
static inline void uart_settle(struct uart *uart)
{
	uart->idle = !uart->busy_until && !uart->count;
}

/* Tells the wire what the registers say, after one that it hangs on may have changed. */
void uart_drive_interrupt(struct uart *uart);

/* --- the receiver (device/uart_receiver.c) -------------------------------------------------- */

void uart_clear_receiver(struct uart *uart);

/* A byte from the shift register, with its errors (of the line status register). Without room it is
 * an overrun. */
void uart_take_in(struct uart *uart, uint8_t byte, uint8_t errors);

/* A break looks like a zero whose stop bit is missing. */
void uart_take_in_break(struct uart *uart);

/* The oldest byte; the last one again when there is none. */
uint8_t uart_read_received(struct uart *uart);

/* The receiver's part of the line status register; the read clears the errors. */
uint8_t uart_read_receiver_status(struct uart *uart);

/* When the bytes in the FIFO will have waited too long; DEVICE_NEVER when none does. */
device_time uart_timeout_at(const struct uart *uart);

#endif
