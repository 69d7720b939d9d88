/* Port 0x92, the reset control register, and the gate of address line 20. */
#include "device/reset_ports.h"

#define PORT_A_INIT 0x01 /* its rising edge pulses INIT# */
#define PORT_A_A20  0x02

#define CONTROL_STORED (RESET_HARD | RESET_NOW | RESET_FULL)

static void tell(struct reset_ports *ports, enum reset_kind kind)
{
	if (ports->reset)
		ports->reset(ports->context, kind);
}

bool reset_ports_a20(const struct reset_ports *ports)
{
	return ports->keyboard_a20 || (ports->port_a & PORT_A_A20);
}

static void write_port_a(struct reset_ports *ports, uint8_t value)
{
	bool init = (value & PORT_A_INIT) && !(ports->port_a & PORT_A_INIT);

	ports->port_a = value & (PORT_A_INIT | PORT_A_A20);
	wire_set(&ports->a20, reset_ports_a20(ports));
	if (init)
		tell(ports, RESET_KIND_INIT);
}

static void write_control(struct reset_ports *ports, uint8_t value)
{
	bool reset = (value & RESET_NOW) && !(ports->control & RESET_NOW);

	ports->control = value & CONTROL_STORED;
	if (!reset)
		return;
	if (!(value & RESET_HARD))
		tell(ports, RESET_KIND_INIT);
	else
		tell(ports, value & RESET_FULL ? RESET_KIND_POWER_CYCLE : RESET_KIND_HARD);
}

static uint64_t reset_ports_read(void *chip, uint64_t offset, unsigned width)
{
	const struct reset_ports *ports = chip;

	return offset == RESET_CONTROL_OFFSET ? ports->control : ports->port_a;
}

static void reset_ports_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	if (offset == RESET_CONTROL_OFFSET)
		write_control(chip, (uint8_t)value);
	else
		write_port_a(chip, (uint8_t)value);
}

void reset_ports_set_keyboard_a20(void *context, unsigned number, bool level)
{
	struct reset_ports *ports = context;

	ports->keyboard_a20 = level;
	wire_set(&ports->a20, reset_ports_a20(ports));
}

void reset_ports_set_keyboard_reset(void *context, unsigned number, bool level)
{
	struct reset_ports *ports = context;
	bool rose = level && !ports->keyboard_reset;

	ports->keyboard_reset = level;
	if (rose)
		tell(ports, RESET_KIND_INIT);
}

static void reset_ports_reset(void *chip)
{
	struct reset_ports *ports = chip;

	ports->port_a = 0;
	ports->control = 0;
	wire_set(&ports->a20, reset_ports_a20(ports));
}

void reset_ports_init(struct reset_ports *ports, const struct wire *a20, void *context,
		      void (*reset)(void *context, enum reset_kind kind))
{
	*ports = (struct reset_ports) {
		.keyboard_a20 = true,
		.a20 = *a20,
		.context = context,
		.reset = reset,
	};
	reset_ports_reset(ports);
}

const struct chip_ops reset_ports_ops = {
	.name = "reset ports",
	.read = reset_ports_read,
	.write = reset_ports_write,
	.reset = reset_ports_reset,
};

enum error reset_ports_attach(struct reset_ports *ports, struct bus *io, struct reason *why)
{
	static const struct bus_place places[] = {
		{ RESET_PORT_A, 1, RESET_PORT_A_OFFSET, 1 },
		{ RESET_CONTROL_PORT, 1, RESET_CONTROL_OFFSET, 1 },
	};

	return bus_attach(io, places, ARRAY_SIZE(places), &reset_ports_ops, ports, why);
}
