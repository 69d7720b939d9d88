/* Any sequence of accesses, bytes from the line and passing time: two bytes of input a step. */
#include "device/uart_parts.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step { STEP_READ, STEP_WRITE, STEP_RECEIVE, STEP_BREAK, STEP_TIME, STEP_RESET, STEPS };

static bool level;

static void set_irq(void *context, unsigned number, bool to)
{
	level = to;
}

static void receptive(void *context)
{
	struct uart *uart = context;

	assert(uart_room(uart));
	assert(uart_receive(uart, 'x'));
}

static void check(struct uart *uart)
{
	/* A shorter character may make a timeout due at once. */
	uart_ops.advance(uart, uart->now);
	device_time next = uart_ops.next(uart);

	assert(uart->count <= UART_FIFO_DEPTH && uart->first < UART_FIFO_DEPTH);
	assert(uart->fifo_enabled || uart->count <= 1);
	assert(uart_room(uart) <= UART_FIFO_DEPTH);
	assert(next > uart->now);
	assert(uart->idle == (!uart->busy_until && !uart->count));
	assert(!uart->idle || next == DEVICE_NEVER);
	/* Whoever enables no interrupt gets none. */
	assert(!level || uart->interrupt_enable);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct uart uart;
	device_time now = 0;
	bool idle;

	uart = (struct uart) { .irq = { set_irq, NULL, 0 }, .context = &uart };
	uart.receptive = receptive;
	level = false;
	uart_init(&uart);
	for (size_t i = 0; i + 1 < size; i += 2) {
		unsigned reg = data[i] / STEPS % UART_PORTS;

		switch ((enum step)(data[i] % STEPS)) {
		case STEP_READ:
			idle = uart.idle;
			assert(uart_ops.read(&uart, reg, 1) <= UINT8_MAX);
			assert(!idle || uart.idle);
			break;
		case STEP_WRITE:
			uart_ops.write(&uart, reg, 1, data[i + 1]);
			break;
		case STEP_RECEIVE:
			(void)!uart_receive(&uart, data[i + 1]);
			break;
		case STEP_BREAK:
			uart_receive_break(&uart);
			break;
		case STEP_TIME:
			now += 1ull << (data[i + 1] % 40);
			uart_ops.advance(&uart, now);
			break;
		default:
			uart_ops.reset(&uart);
			break;
		}
		check(&uart);
	}
	return 0;
}
