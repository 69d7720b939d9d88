/* A PS/2 mouse with three buttons: stream and remote mode, scaling, resolution, status. IBM,
 * "Personal System/2 Hardware Interface Technical Reference", "Mouse". */
#ifndef DEVICE_PS2_MOUSE_H
#define DEVICE_PS2_MOUSE_H

#include "device/ps2_queue.h"
#include "lib/types.h"

struct ps2_mouse {
	struct ps2_queue queue;
	uint8_t command; /* the one that waits for its parameter, or 0 */
	bool reporting, remote, wrap, scale_2_1;
	uint8_t resolution, rate;
	uint8_t buttons;
	int right, up; /* movement that was not reported yet */
	uint8_t last;  /* byte sent, for 0xfe */
};

void ps2_mouse_reset(struct ps2_mouse *mouse);
void ps2_mouse_write(struct ps2_mouse *mouse, uint8_t byte);
bool ps2_mouse_read(struct ps2_mouse *mouse, uint8_t *byte);
void ps2_mouse_move(struct ps2_mouse *mouse, int right, int up, uint8_t buttons);

#endif
