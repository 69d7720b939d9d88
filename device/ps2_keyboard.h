/* A PS/2 keyboard: it answers the controller's commands and sends scan codes of set 1 or 2. IBM,
 * "Personal System/2 Hardware Interface Technical Reference", "Keyboards (101- and 102-Key)". */
#ifndef DEVICE_PS2_KEYBOARD_H
#define DEVICE_PS2_KEYBOARD_H

#include "device/ps2_queue.h"
#include "lib/types.h"

#define PS2_KEY_EXTENDED 0xe000u /* added to the code of a key that has the prefix 0xe0 */

/* What all PS/2 devices say. */
#define PS2_ACKNOWLEDGE 0xfa
#define PS2_TEST_PASSED 0xaa
#define PS2_RESEND      0xfe

struct ps2_keyboard {
	struct ps2_queue queue;
	bool scanning;
	uint8_t command; /* the one that waits for its parameter, or 0 */
	uint8_t leds, typematic;
	uint8_t set;  /* of scan codes: 1 or 2 */
	uint8_t last; /* byte sent, for 0xfe */
};

void ps2_keyboard_reset(struct ps2_keyboard *keyboard);
void ps2_keyboard_write(struct ps2_keyboard *keyboard, uint8_t byte);

/* The next byte for the controller; false when there is none. */
bool ps2_keyboard_read(struct ps2_keyboard *keyboard, uint8_t *byte);

/* `key` as for i8042_key(). True when it was taken, or nobody listens; false when there is no room. */
bool ps2_keyboard_key(struct ps2_keyboard *keyboard, uint16_t key, bool pressed);

/* A byte of scan code set 2 in the words of set 1; what the controller's translation does. Bytes
 * that are no scan codes stay as they are. */
uint8_t ps2_set1_of(uint8_t set2);

#endif
