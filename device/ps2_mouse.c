/* The mouse's side of the PS/2 protocol. */
#include "device/ps2_mouse.h"

#include "device/ps2_keyboard.h"

enum {
	SCALE_1_1 = 0xe6,
	SCALE_2_1 = 0xe7,
	SET_RESOLUTION = 0xe8,
	STATUS_REQUEST = 0xe9,
	STREAM_MODE = 0xea,
	READ_DATA = 0xeb,
	END_WRAP = 0xec,
	WRAP = 0xee,
	REMOTE_MODE = 0xf0,
	IDENTIFY = 0xf2,
	SET_RATE = 0xf3,
	ENABLE = 0xf4,
	DISABLE = 0xf5,
	SET_DEFAULT = 0xf6,
	RESEND = 0xfe,
	RESET = 0xff,
};

#define IDENTITY           0x00 /* a mouse without a wheel */
#define RESOLUTION_DEFAULT 2    /* four counts a millimetre */
#define RESOLUTION_MOST    3
#define RATE_DEFAULT       100
#define REPORT_BYTES       3
#define MOST               255   /* that a report can tell of a movement */
#define MOST_PENDING       10000 /* movement that is kept for later reports */

#define REPORT_BUTTONS    0x07
#define REPORT_ALWAYS     0x08
#define REPORT_X_NEGATIVE 0x10
#define REPORT_Y_NEGATIVE 0x20
#define STATUS_RIGHT      0x01
#define STATUS_MIDDLE     0x02
#define STATUS_LEFT       0x04
#define STATUS_SCALE_2_1  0x10
#define STATUS_ENABLED    0x20
#define STATUS_REMOTE     0x40
#define BUTTON_LEFT       0x01
#define BUTTON_RIGHT      0x02
#define BUTTON_MIDDLE     0x04

static void set_default(struct ps2_mouse *mouse)
{
	*mouse = (struct ps2_mouse) {
		.resolution = RESOLUTION_DEFAULT,
		.rate = RATE_DEFAULT,
		.buttons = mouse->buttons,
		.last = mouse->last,
	};
}

void ps2_mouse_reset(struct ps2_mouse *mouse)
{
	*mouse = (struct ps2_mouse) { 0 };
	set_default(mouse);
}

static void answer(struct ps2_mouse *mouse, uint8_t byte)
{
	ps2_queue_put(&mouse->queue, byte);
}

static int clamp(int value, int most)
{
	if (value > most)
		return most;
	return value < -most ? -most : value;
}

/* Scaling 2:1: small movements less, large ones double. */
static int scale(int count)
{
	static const uint8_t small[] = { 0, 1, 1, 3, 6, 9 };
	int size = count < 0 ? -count : count;
	int scaled = size < (int)ARRAY_SIZE(small) ? small[size] : 2 * size;

	return clamp(count < 0 ? -scaled : scaled, MOST);
}

static void report(struct ps2_mouse *mouse, bool scaled)
{
	int x = clamp(mouse->right, MOST), y = clamp(mouse->up, MOST);

	mouse->right -= x;
	mouse->up -= y;
	if (scaled) {
		x = scale(x);
		y = scale(y);
	}
	answer(mouse, (uint8_t)(REPORT_ALWAYS | mouse->buttons | (x < 0 ? REPORT_X_NEGATIVE : 0) |
				(y < 0 ? REPORT_Y_NEGATIVE : 0)));
	answer(mouse, (uint8_t)x);
	answer(mouse, (uint8_t)y);
}

static void tell_status(struct ps2_mouse *mouse)
{
	uint8_t status = 0;

	if (mouse->remote)
		status |= STATUS_REMOTE;
	if (mouse->reporting)
		status |= STATUS_ENABLED;
	if (mouse->scale_2_1)
		status |= STATUS_SCALE_2_1;
	if (mouse->buttons & BUTTON_LEFT)
		status |= STATUS_LEFT;
	if (mouse->buttons & BUTTON_MIDDLE)
		status |= STATUS_MIDDLE;
	if (mouse->buttons & BUTTON_RIGHT)
		status |= STATUS_RIGHT;
	answer(mouse, status);
	answer(mouse, mouse->resolution);
	answer(mouse, mouse->rate);
}

static bool is_rate(uint8_t rate)
{
	static const uint8_t rates[] = { 10, 20, 40, 60, 80, 100, 200 };

	for (unsigned i = 0; i < ARRAY_SIZE(rates); i++)
		if (rate == rates[i])
			return true;
	return false;
}

static void take_parameter(struct ps2_mouse *mouse, uint8_t byte)
{
	bool is_resolution = mouse->command == SET_RESOLUTION;

	mouse->command = 0;
	if (is_resolution ? byte > RESOLUTION_MOST : !is_rate(byte)) {
		answer(mouse, PS2_RESEND);
		return;
	}
	if (is_resolution)
		mouse->resolution = byte;
	else
		mouse->rate = byte;
	answer(mouse, PS2_ACKNOWLEDGE);
}

/* Commands that set something and are acknowledged; false for the others. */
static bool take_setting(struct ps2_mouse *mouse, uint8_t command)
{
	switch (command) {
	case SCALE_1_1:
	case SCALE_2_1:
		mouse->scale_2_1 = command == SCALE_2_1;
		break;
	case STREAM_MODE:
	case REMOTE_MODE:
		mouse->remote = command == REMOTE_MODE;
		break;
	case WRAP:
	case END_WRAP:
		mouse->wrap = command == WRAP;
		break;
	case ENABLE:
	case DISABLE:
		mouse->reporting = command == ENABLE;
		break;
	case SET_RESOLUTION:
	case SET_RATE:
		mouse->command = command;
		break;
	case SET_DEFAULT:
		set_default(mouse);
		break;
	default:
		return false;
	}
	answer(mouse, PS2_ACKNOWLEDGE);
	return true;
}

static void take_command(struct ps2_mouse *mouse, uint8_t command)
{
	uint8_t last = mouse->last;

	if (command != RESEND)
		ps2_queue_clear(&mouse->queue); /* what was not sent yet is void */
	if (take_setting(mouse, command))
		return;
	switch (command) {
	case STATUS_REQUEST:
		answer(mouse, PS2_ACKNOWLEDGE);
		tell_status(mouse);
		break;
	case READ_DATA:
		answer(mouse, PS2_ACKNOWLEDGE);
		report(mouse, false);
		break;
	case IDENTIFY:
		answer(mouse, PS2_ACKNOWLEDGE);
		answer(mouse, IDENTITY);
		break;
	case RESEND:
		answer(mouse, last);
		break;
	case RESET:
		ps2_mouse_reset(mouse);
		answer(mouse, PS2_ACKNOWLEDGE);
		answer(mouse, PS2_TEST_PASSED);
		answer(mouse, IDENTITY);
		break;
	default:
		answer(mouse, PS2_RESEND);
	}
}

void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte)
{
	if (mouse->wrap && byte != END_WRAP && byte != RESET)
		answer(mouse, byte);
	else if (mouse->command)
		take_parameter(mouse, byte);
	else
		take_command(mouse, byte);
}

static bool is_streaming(const struct ps2_mouse *mouse)
{
	return mouse->reporting && !mouse->remote && !mouse->wrap && !mouse->command;
}

bool ps2_mouse_read(struct ps2_mouse *mouse, uint8_t *byte)
{
	if (is_streaming(mouse) && !mouse->queue.count && (mouse->right || mouse->up))
		report(mouse, mouse->scale_2_1);
	if (!ps2_queue_take(&mouse->queue, byte))
		return false;
	if (*byte != PS2_RESEND)
		mouse->last = *byte;
	return true;
}

void ps2_mouse_move(struct ps2_mouse *mouse, int right, int up, uint8_t buttons)
{
	bool changed = mouse->buttons != (buttons & REPORT_BUTTONS);

	mouse->right = clamp(mouse->right + clamp(right, MOST_PENDING), MOST_PENDING);
	mouse->up = clamp(mouse->up + clamp(up, MOST_PENDING), MOST_PENDING);
	mouse->buttons = buttons & REPORT_BUTTONS;
	if (!is_streaming(mouse)) {
		if (!mouse->remote)
			mouse->right = mouse->up = 0; /* nobody asks, nobody will */
		return;
	}
	if ((changed || mouse->right || mouse->up) && ps2_queue_room(&mouse->queue) >= REPORT_BYTES)
		report(mouse, mouse->scale_2_1);
}
