/* The controller between the CPU and the two PS/2 devices. */
#include "device/i8042.h"

#include "lib/bits.h"

#define STATUS_OUTPUT_FULL 0x01
#define STATUS_SYSTEM      0x04
#define STATUS_COMMAND     0x08
#define STATUS_NOT_LOCKED  0x10
#define STATUS_MOUSE       0x20 /* the byte in the output buffer is the mouse's */

/* The command byte, in byte 0 of the controller's memory. */
#define MODE_KEYBOARD_IRQ 0x01
#define MODE_MOUSE_IRQ    0x02
#define MODE_SYSTEM       0x04
#define MODE_NO_KEYBOARD  0x10
#define MODE_NO_MOUSE     0x20
#define MODE_TRANSLATE    0x40
/* As firmware leaves it: there are machines without one. */
#define MODE_INITIAL      (MODE_KEYBOARD_IRQ | MODE_SYSTEM | MODE_NO_MOUSE | MODE_TRANSLATE)

#define OUTPUT_NO_RESET 0x01
#define OUTPUT_A20      0x02
#define OUTPUT_KEYBOARD 0x10 /* output buffer full with the keyboard's byte */
#define OUTPUT_MOUSE    0x20
#define OUTPUT_OTHERS   0xcc /* clock and data lines, idle */

enum {
	READ_MEMORY = 0x20,  /* to 0x3f */
	WRITE_MEMORY = 0x60, /* to 0x7f */
	TEST_PASSWORD = 0xa4,
	DISABLE_MOUSE = 0xa7,
	ENABLE_MOUSE = 0xa8,
	TEST_MOUSE_PORT = 0xa9,
	SELF_TEST = 0xaa,
	TEST_KEYBOARD_PORT = 0xab,
	DISABLE_KEYBOARD = 0xad,
	ENABLE_KEYBOARD = 0xae,
	READ_INPUT_PORT = 0xc0,
	READ_OUTPUT_PORT = 0xd0,
	WRITE_OUTPUT_PORT = 0xd1,
	PRETEND_KEYBOARD = 0xd2, /* the next byte appears as if it came from there */
	PRETEND_MOUSE = 0xd3,
	WRITE_MOUSE = 0xd4,
	READ_TEST_INPUTS = 0xe0,
	PULSE_OUTPUT_PORT = 0xf0, /* to 0xff: bits that are zero go low */
};

#define MEMORY_MASK      (I8042_RAM - 1)
#define NO_PASSWORD      0xf1
#define SELF_TEST_PASSED 0x55
#define PORT_TEST_PASSED 0x00
#define INPUT_NOT_LOCKED 0x80
#define TEST_INPUTS_IDLE 0x00
#define BREAK_PREFIX     0xf0
#define BREAK_SET_1      0x80
#define PULSE_NO_RESET   0x01

/* --- the output buffer ---------------------------------------------------------------------- */

static void update_irqs(struct i8042 *c)
{
	bool full = c->output.source != I8042_FROM_NOBODY;
	bool mouse = c->output.source == I8042_FROM_MOUSE;

	wire_set(&c->wires.keyboard_irq, full && !mouse && (c->ram[0] & MODE_KEYBOARD_IRQ));
	wire_set(&c->wires.mouse_irq, mouse && (c->ram[0] & MODE_MOUSE_IRQ));
}

/* A byte of the keyboard's, translated to scan code set 1. False when it only announces the next. */
static bool translate(struct i8042 *c, uint8_t *byte)
{
	if (!(c->ram[0] & MODE_TRANSLATE))
		return true;
	if (*byte == BREAK_PREFIX) {
		c->break_prefix = true;
		return false;
	}
	*byte = ps2_set1_of(*byte) | (c->break_prefix ? BREAK_SET_1 : 0);
	c->break_prefix = false;
	return true;
}

static bool read_keyboard(struct i8042 *c, uint8_t *byte)
{
	while (!(c->ram[0] & MODE_NO_KEYBOARD) && ps2_keyboard_read(&c->keyboard, byte))
		if (translate(c, byte))
			return true;
	return false;
}

/* Puts the next byte into the output buffer, if that is empty and there is one. */
static void fill(struct i8042 *c)
{
	uint8_t byte;

	if (c->output.source != I8042_FROM_NOBODY)
		return;
	if (c->reply.source != I8042_FROM_NOBODY) {
		c->output = c->reply;
		c->reply.source = I8042_FROM_NOBODY;
	} else if (read_keyboard(c, &byte)) {
		c->output = (struct i8042_byte) { byte, I8042_FROM_KEYBOARD };
	} else if (!(c->ram[0] & MODE_NO_MOUSE) && ps2_mouse_read(&c->mouse, &byte)) {
		c->output = (struct i8042_byte) { byte, I8042_FROM_MOUSE };
	}
	update_irqs(c);
}

static uint8_t read_data(struct i8042 *c)
{
	uint8_t byte = c->output.byte;

	c->output.source = I8042_FROM_NOBODY;
	update_irqs(c); /* the wire falls, so that the next byte makes an edge */
	fill(c);
	return byte;
}

static uint8_t read_status(const struct i8042 *c)
{
	uint8_t status = STATUS_NOT_LOCKED;

	if (c->output.source != I8042_FROM_NOBODY)
		status |= STATUS_OUTPUT_FULL;
	if (c->output.source == I8042_FROM_MOUSE)
		status |= STATUS_MOUSE;
	if (c->ram[0] & MODE_SYSTEM)
		status |= STATUS_SYSTEM;
	if (c->command_last)
		status |= STATUS_COMMAND;
	return status;
}

/* --- the output port ------------------------------------------------------------------------ */

static uint8_t read_output_port(const struct i8042 *c)
{
	uint8_t value = c->output_port;

	if (c->output.source == I8042_FROM_MOUSE)
		value |= OUTPUT_MOUSE;
	else if (c->output.source != I8042_FROM_NOBODY)
		value |= OUTPUT_KEYBOARD;
	return value;
}

static void write_output_port(struct i8042 *c, uint8_t value)
{
	c->output_port = value & ~(OUTPUT_KEYBOARD | OUTPUT_MOUSE);
	wire_set(&c->wires.a20, value & OUTPUT_A20);
	wire_set(&c->wires.reset, !(value & OUTPUT_NO_RESET));
}

static void pulse_output_port(struct i8042 *c, uint8_t command)
{
	if (command & PULSE_NO_RESET)
		return;
	wire_set(&c->wires.reset, true);
	wire_set(&c->wires.reset, !(c->output_port & OUTPUT_NO_RESET));
}

/* --- commands ------------------------------------------------------------------------------- */

static void reply(struct i8042 *c, uint8_t byte)
{
	c->reply = (struct i8042_byte) { byte, I8042_FROM_CONTROLLER };
}

/* Commands that answer with a byte of their own; false for the others. */
static bool answer(struct i8042 *c, uint8_t command)
{
	switch (command) {
	case READ_MEMORY ... READ_MEMORY + MEMORY_MASK:
		reply(c, c->ram[command & MEMORY_MASK]);
		break;
	case TEST_PASSWORD:
		reply(c, NO_PASSWORD);
		break;
	case TEST_MOUSE_PORT:
	case TEST_KEYBOARD_PORT:
		reply(c, PORT_TEST_PASSED);
		break;
	case SELF_TEST:
		c->ram[0] |= MODE_SYSTEM;
		reply(c, SELF_TEST_PASSED);
		break;
	case READ_INPUT_PORT:
		reply(c, INPUT_NOT_LOCKED);
		break;
	case READ_OUTPUT_PORT:
		reply(c, read_output_port(c));
		break;
	case READ_TEST_INPUTS:
		reply(c, TEST_INPUTS_IDLE);
		break;
	default:
		return false;
	}
	return true;
}

static void write_command(struct i8042 *c, uint8_t command)
{
	c->command_last = true;
	c->pending = 0;
	if (answer(c, command))
		return;
	switch (command) {
	case WRITE_MEMORY ... WRITE_MEMORY + MEMORY_MASK:
	case WRITE_OUTPUT_PORT:
	case PRETEND_KEYBOARD:
	case PRETEND_MOUSE:
	case WRITE_MOUSE:
		c->pending = command;
		break;
	case DISABLE_MOUSE:
		c->ram[0] |= MODE_NO_MOUSE;
		break;
	case ENABLE_MOUSE:
		c->ram[0] &= ~MODE_NO_MOUSE;
		break;
	case DISABLE_KEYBOARD:
		c->ram[0] |= MODE_NO_KEYBOARD;
		break;
	case ENABLE_KEYBOARD:
		c->ram[0] &= ~MODE_NO_KEYBOARD;
		break;
	case PULSE_OUTPUT_PORT ... PULSE_OUTPUT_PORT + 0xf:
		pulse_output_port(c, command);
		break;
	default:
		break; /* reserved */
	}
}

static void write_data(struct i8042 *c, uint8_t byte)
{
	uint8_t command = c->pending;

	c->command_last = false;
	c->pending = 0;
	switch (command) {
	case WRITE_MEMORY ... WRITE_MEMORY + MEMORY_MASK:
		c->ram[command & MEMORY_MASK] = byte;
		break;
	case WRITE_OUTPUT_PORT:
		write_output_port(c, byte);
		break;
	case PRETEND_KEYBOARD:
		c->reply = (struct i8042_byte) { byte, I8042_FROM_KEYBOARD };
		break;
	case PRETEND_MOUSE:
		c->reply = (struct i8042_byte) { byte, I8042_FROM_MOUSE };
		break;
	case WRITE_MOUSE:
		c->ram[0] &= ~MODE_NO_MOUSE; /* sending opens the way back */
		ps2_mouse_write(&c->mouse, byte);
		break;
	default:
		c->ram[0] &= ~MODE_NO_KEYBOARD;
		ps2_keyboard_write(&c->keyboard, byte);
	}
}

static uint64_t i8042_read(void *chip, uint64_t offset, unsigned width)
{
	return offset == I8042_DATA_OFFSET ? read_data(chip) : read_status(chip);
}

static void i8042_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct i8042 *c = chip;

	if (offset == I8042_DATA_OFFSET)
		write_data(c, (uint8_t)value);
	else
		write_command(c, (uint8_t)value);
	fill(c);
	update_irqs(c);
}

bool i8042_key(struct i8042 *controller, uint16_t key, bool pressed)
{
	bool taken = ps2_keyboard_key(&controller->keyboard, key, pressed);

	fill(controller);
	return taken;
}

void i8042_mouse(struct i8042 *controller, int right, int up, uint8_t buttons)
{
	ps2_mouse_move(&controller->mouse, right, up, buttons);
	fill(controller);
}

static void i8042_reset(void *chip)
{
	struct i8042 *c = chip;

	*c = (struct i8042) { .wires = c->wires };
	c->ram[0] = MODE_INITIAL;
	ps2_keyboard_reset(&c->keyboard);
	ps2_mouse_reset(&c->mouse);
	write_output_port(c, OUTPUT_NO_RESET | OUTPUT_A20 | OUTPUT_OTHERS);
	update_irqs(c);
}

void i8042_init(struct i8042 *controller, const struct i8042_wires *wires)
{
	*controller = (struct i8042) { .wires = *wires };
	i8042_reset(controller);
}

const struct chip_ops i8042_ops = {
	.name = "8042",
	.read = i8042_read,
	.write = i8042_write,
	.reset = i8042_reset,
};

enum error i8042_attach(struct i8042 *controller, struct bus *ports, struct reason *why)
{
	static const struct bus_place places[] = {
		{ I8042_DATA_PORT, 1, I8042_DATA_OFFSET, 1 },
		{ I8042_COMMAND_PORT, 1, I8042_COMMAND_OFFSET, 1 },
	};

	return bus_attach(ports, places, ARRAY_SIZE(places), &i8042_ops, controller, why);
}
