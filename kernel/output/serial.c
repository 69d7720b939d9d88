/* COM1, which the log goes to. */
#include "kernel/output/serial.h"

#include "kernel/interrupts.h"
#include "kernel/io_apic.h"
#include "kernel/output/serial_port.h"

#define ISA_IRQ 4 /* COM1's, since the PC */

static struct serial_port com1;
static void (*listener)(void); /* atomic */

bool serial_init(void)
{
	return serial_port_init(&com1, SERIAL_COM1);
}

size_t serial_send(const char *bytes, size_t count)
{
	return serial_port_send(&com1, bytes, count);
}

bool serial_receive(uint8_t *byte)
{
	return serial_port_receive(&com1, byte);
}

enum error serial_listen(void (*function)(void), struct reason *why)
{
	enum error error = io_apic_route_isa(ISA_IRQ, VECTOR_SERIAL, why);

	if (error)
		return error;
	__atomic_store_n(&listener, function, __ATOMIC_RELEASE);
	serial_port_interrupt(&com1);
	return ERROR_NONE;
}

void serial_tell_listener(void)
{
	void (*function)(void) = __atomic_load_n(&listener, __ATOMIC_ACQUIRE);

	if (function)
		function();
}

bool serial_overran(void)
{
	return serial_port_overran(&com1);
}

bool serial_is_idle(void)
{
	return serial_port_is_idle(&com1);
}
