/* The keyboard's side of the PS/2 protocol. */
#include "device/ps2_keyboard.h"

enum {
	COMMAND_FIRST = 0xed, /* what is less is a parameter */
	SET_LEDS = 0xed,
	ECHO = 0xee,
	SELECT_SET = 0xf0,
	IDENTIFY = 0xf2,
	SET_TYPEMATIC = 0xf3,
	ENABLE = 0xf4,
	DISABLE = 0xf5,
	SET_DEFAULT = 0xf6,
	SET_ALL_FIRST = 0xf7, /* kinds of keys: they matter to scan code set 3 only */
	SET_ALL_LAST = 0xfa,
	SET_KEY_FIRST = 0xfb, /* the same for keys that follow */
	SET_KEY_LAST = 0xfd,
	RESEND = 0xfe,
	RESET = 0xff,
};

#define IDENTITY_1        0xab
#define IDENTITY_2        0x83
#define TYPEMATIC_DEFAULT 0x2b /* 10.9 a second after half a second */
#define EXTENDED          0xe0
#define BREAK             0xf0
#define BREAK_SET_1       0x80
#define LONGEST_KEY       3 /* bytes: 0xe0 0xf0 and a code */
#define ROOM_FOR_ANSWERS  4 /* that keys leave in the queue */

/* Scan code set 2 in the words of set 1, by the translation table of the controller. */
static const uint8_t set_1[] = {
	0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29,
	0x59, 0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11,
	0x03, 0x5b, 0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14,
	0x13, 0x06, 0x5d, 0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24,
	0x16, 0x08, 0x09, 0x5f, 0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35,
	0x26, 0x27, 0x19, 0x0c, 0x61, 0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36,
	0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76, 0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c,
	0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f, 0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45,
	0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54, 0x80, 0x81, 0x82, 0x41, 0x54,
};

uint8_t ps2_set1_of(uint8_t set2)
{
	return set2 < ARRAY_SIZE(set_1) ? set_1[set2] : set2;
}

static void set_default(struct ps2_keyboard *keyboard)
{
	ps2_queue_clear(&keyboard->queue);
	keyboard->typematic = TYPEMATIC_DEFAULT;
	keyboard->set = 2;
	keyboard->leds = 0;
}

void ps2_keyboard_reset(struct ps2_keyboard *keyboard)
{
	*keyboard = (struct ps2_keyboard) { .scanning = true };
	set_default(keyboard);
}

static void answer(struct ps2_keyboard *keyboard, uint8_t byte)
{
	ps2_queue_put(&keyboard->queue, byte);
}

static void take_parameter(struct ps2_keyboard *keyboard, uint8_t byte)
{
	uint8_t command = keyboard->command;

	keyboard->command = 0;
	if (command == SELECT_SET && byte > 2) {
		answer(keyboard, PS2_RESEND); /* there is no set 3 */
		return;
	}
	answer(keyboard, PS2_ACKNOWLEDGE);
	if (command == SET_LEDS)
		keyboard->leds = byte;
	else if (command == SET_TYPEMATIC)
		keyboard->typematic = byte;
	else if (command == SELECT_SET && byte)
		keyboard->set = byte;
	else if (command == SELECT_SET)
		answer(keyboard, keyboard->set);
	else
		keyboard->command = command; /* keys, until a command */
}

static void enable(struct ps2_keyboard *keyboard, uint8_t command)
{
	if (command != ENABLE)
		set_default(keyboard);
	ps2_queue_clear(&keyboard->queue);
	keyboard->scanning = command != DISABLE;
	answer(keyboard, PS2_ACKNOWLEDGE);
}

static void take_command(struct ps2_keyboard *keyboard, uint8_t command)
{
	switch (command) {
	case SET_LEDS:
	case SELECT_SET:
	case SET_TYPEMATIC:
	case SET_KEY_FIRST ... SET_KEY_LAST:
		keyboard->command = command;
		answer(keyboard, PS2_ACKNOWLEDGE);
		break;
	case ECHO:
		answer(keyboard, ECHO);
		break;
	case IDENTIFY:
		answer(keyboard, PS2_ACKNOWLEDGE);
		answer(keyboard, IDENTITY_1);
		answer(keyboard, IDENTITY_2);
		break;
	case ENABLE:
	case DISABLE:
	case SET_DEFAULT:
		enable(keyboard, command);
		break;
	case SET_ALL_FIRST ... SET_ALL_LAST:
		answer(keyboard, PS2_ACKNOWLEDGE);
		break;
	case RESEND:
		answer(keyboard, keyboard->last);
		break;
	case RESET:
		ps2_keyboard_reset(keyboard);
		answer(keyboard, PS2_ACKNOWLEDGE);
		answer(keyboard, PS2_TEST_PASSED);
		break;
	default:
		answer(keyboard, PS2_RESEND);
	}
}

void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte)
{
	if (byte < COMMAND_FIRST && keyboard->command) {
		take_parameter(keyboard, byte);
		return;
	}
	keyboard->command = 0;
	take_command(keyboard, byte);
}

bool ps2_keyboard_read(struct ps2_keyboard *keyboard, uint8_t *byte)
{
	if (!ps2_queue_take(&keyboard->queue, byte))
		return false;
	if (*byte != PS2_RESEND)
		keyboard->last = *byte;
	return true;
}

bool ps2_keyboard_key(struct ps2_keyboard *keyboard, uint16_t key, bool pressed)
{
	uint8_t code = (uint8_t)key;

	if (!keyboard->scanning)
		return true;
	if (ps2_queue_room(&keyboard->queue) < LONGEST_KEY + ROOM_FOR_ANSWERS)
		return false;
	if ((key & PS2_KEY_EXTENDED) == PS2_KEY_EXTENDED)
		answer(keyboard, EXTENDED);
	if (keyboard->set == 1)
		code = ps2_set1_of(code) | (pressed ? 0 : BREAK_SET_1);
	else if (!pressed)
		answer(keyboard, BREAK);
	answer(keyboard, code);
	return true;
}
