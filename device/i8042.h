/* The 8042 keyboard controller of a PS/2 machine with a keyboard and a mouse at its two ports: I/O
 * ports 0x60 (data) and 0x64 (command and status). IBM, "Personal System/2 Hardware Interface
 * Technical Reference", "Keyboard and Auxiliary Device Controller". Its output port also drives
 * address line 20 and the CPU's reset. Devices answer at once: nothing here takes time. */
#ifndef DEVICE_I8042_H
#define DEVICE_I8042_H

#include "device/bus.h"
#include "device/chip.h"
#include "device/ps2_keyboard.h"
#include "device/ps2_mouse.h"
#include "lib/error.h"
#include "lib/types.h"

#define I8042_DATA_PORT    0x60
#define I8042_COMMAND_PORT 0x64
#define I8042_RAM          32

/* Where i8042_ops sees them. */
#define I8042_DATA_OFFSET    0
#define I8042_COMMAND_OFFSET 1

struct i8042_wires {
	struct wire keyboard_irq; /* IRQ 1 */
	struct wire mouse_irq;    /* IRQ 12 */
	struct wire a20;          /* true: address line 20 goes through */
	struct wire reset;        /* true: the CPU is held in reset */
};

/* Whose byte is in the output buffer. */
enum i8042_source {
	I8042_FROM_NOBODY,
	I8042_FROM_CONTROLLER,
	I8042_FROM_KEYBOARD,
	I8042_FROM_MOUSE
};

struct i8042_byte {
	uint8_t byte;
	enum i8042_source source;
};

struct i8042 {
	struct i8042_wires wires;
	uint8_t ram[I8042_RAM]; /* byte 0 is the command byte */
	uint8_t output_port;
	uint8_t pending;          /* the command that waits for its byte at port 0x60, or 0 */
	bool command_last;        /* the last write was to port 0x64 */
	bool break_prefix;        /* translation has seen 0xf0 */
	struct i8042_byte output; /* the output buffer; the byte stays after it was read */
	struct i8042_byte reply;  /* of the controller, waiting for the output buffer */
	struct ps2_keyboard keyboard;
	struct ps2_mouse mouse;
};

extern const struct chip_ops i8042_ops;

void i8042_init(struct i8042 *controller, const struct i8042_wires *wires);

enum error i8042_attach(struct i8042 *controller, struct bus *ports, struct reason *why) must_check;

/* The user presses or lets go of a key; `key` is its scan code of set 2, 0xe000 added for extended
 * ones (0x5a Enter, 0xe075 cursor up). False when the keyboard's buffer is full. */
bool i8042_key(struct i8042 *controller, uint16_t key, bool pressed);

/* The user moves the mouse (right and up are positive) with these buttons down: bit 0 left, bit 1
 * right, bit 2 middle. */
void i8042_mouse(struct i8042 *controller, int right, int up, uint8_t buttons);

#endif
