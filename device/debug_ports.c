/* The ports of emulators. Writes are all that matters: none has a state but how much of "Shutdown"
 * was said. */
#include "device/debug_ports.h"

static const char shutdown_word[] = "Shutdown";

/* A letter that does not go on may still be the first one. */
static void hear(struct debug_ports *ports, uint8_t byte)
{
	if (byte != (uint8_t)shutdown_word[ports->said])
		ports->said = 0;
	if (byte == (uint8_t)shutdown_word[ports->said])
		ports->said++;
	if (ports->said < sizeof(shutdown_word) - 1)
		return;
	ports->said = 0;
	ports->to.shutdown(ports->to.context);
}

static uint64_t read_port(void *chip, uint64_t offset, unsigned width)
{
	switch (offset) {
	case DEBUG_PORT_BOCHS:
	case DEBUG_PORT_FIRMWARE:
		return DEBUG_PORT_PRESENT;
	case DEBUG_PORT_SHUTDOWN:
		return UINT64_MAX;
	default:
		return 0;
	}
}

static void write_port(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct debug_ports *ports = chip;

	switch (offset) {
	case DEBUG_PORT_BOCHS:
	case DEBUG_PORT_FIRMWARE:
		ports->to.output(ports->to.context, (uint16_t)offset, (uint8_t)value);
		break;
	case DEBUG_PORT_SHUTDOWN:
		hear(ports, (uint8_t)value);
		break;
	default:
		ports->to.exit(ports->to.context, (uint32_t)value << 1 | 1);
	}
}

static void reset(void *chip)
{
	struct debug_ports *ports = chip;

	ports->said = 0;
}

const struct chip_ops debug_ports_ops = {
	.name = "debug ports",
	.read = read_port,
	.write = write_port,
	.reset = reset,
};

void debug_ports_init(struct debug_ports *ports, const struct debug_connections *to)
{
	*ports = (struct debug_ports) { .to = *to };
}

enum error debug_ports_attach(struct debug_ports *ports, struct bus *io, struct reason *why)
{
	/* What the chip sees is the port's own number. */
	static const struct bus_place outputs[] = {
		{ DEBUG_PORT_BOCHS, 1, DEBUG_PORT_BOCHS, 1 },
		{ DEBUG_PORT_FIRMWARE, 1, DEBUG_PORT_FIRMWARE, 1 },
	};
	static const struct bus_place exit = { DEBUG_PORT_EXIT, DEBUG_EXIT_PORTS, DEBUG_PORT_EXIT,
					       4 };
	static const struct bus_place shutdown = { DEBUG_PORT_SHUTDOWN, 1, DEBUG_PORT_SHUTDOWN, 1 };
	enum error error = ERROR_NONE;

	if (ports->to.output)
		error = bus_attach(io, outputs, ARRAY_SIZE(outputs), &debug_ports_ops, ports, why);
	if (!error && ports->to.exit)
		error = bus_attach(io, &exit, 1, &debug_ports_ops, ports, why);
	if (!error && ports->to.shutdown)
		error = bus_attach(io, &shutdown, 1, &debug_ports_ops, ports, why);
	return error;
}
