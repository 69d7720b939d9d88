/* COM1, which the log goes to. */
#include "kernel/output/serial.h"

#include "kernel/output/serial_port.h"

static struct serial_port com1;

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

bool serial_overran(void)
{
	return serial_port_overran(&com1);
}

bool serial_is_idle(void)
{
	return serial_port_is_idle(&com1);
}
