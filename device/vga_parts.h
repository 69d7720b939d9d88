/* What the files of the VGA share: names of registers and of their bits (IBM, "Video Subsystem"). */
#ifndef DEVICE_VGA_PARTS_H
#define DEVICE_VGA_PARTS_H

#include "device/vga_text.h"
#include "lib/bits.h"

/* Miscellaneous output. */
#define MISC_COLOUR     BIT(0) /* CRTC and status at 0x3dx, else at 0x3bx */
#define MISC_ENABLE_RAM BIT(1)
#define MISC_CLOCK      BITS(3, 2)

/* Sequencer. */
enum { SEQUENCER_RESET, SEQUENCER_CLOCKING, SEQUENCER_MAP_MASK, SEQUENCER_FONT, SEQUENCER_MEMORY };

#define CLOCKING_8_DOTS  BIT(0) /* a character is 8 dots wide, else 9 */
#define CLOCKING_HALF    BIT(3) /* of the dot clock */
#define MEMORY_MODE_FLAT BIT(2) /* set: no odd/even addressing */
#define MEMORY_MODE_4    BIT(3) /* the two lowest address bits choose the plane */
#define MAP_MASK_TEXT    0x03   /* characters and attributes */

/* CRT controller. */
enum {
	CRTC_H_TOTAL,
	CRTC_H_DISPLAY_END,
	CRTC_V_TOTAL = 0x06,
	CRTC_OVERFLOW,
	CRTC_MAX_SCAN_LINE = 0x09,
	CRTC_CURSOR_START,
	CRTC_CURSOR_END,
	CRTC_START_HIGH,
	CRTC_START_LOW,
	CRTC_CURSOR_HIGH,
	CRTC_CURSOR_LOW,
	CRTC_V_RETRACE_START,
	CRTC_V_RETRACE_END,
	CRTC_V_DISPLAY_END,
	CRTC_OFFSET,
	CRTC_UNDERLINE,
	CRTC_MODE = 0x17,
};

#define OVERFLOW_LINE_COMPARE BIT(4)
#define SCAN_LINE_HEIGHT      BITS(4, 0)
#define SCAN_LINE_DOUBLE      BIT(7)
#define CURSOR_SCAN_LINE      BITS(4, 0)
#define CURSOR_OFF            BIT(5)
#define RETRACE_END           BITS(3, 0)
#define RETRACE_NOT_CLEAR     BIT(4) /* clear: forget the vertical interrupt */
#define RETRACE_PROTECT       BIT(7) /* registers 0 to 7 cannot be written */
#define UNDERLINE_DOUBLEWORD  BIT(6)
#define CRTC_MODE_WRAP        BIT(5) /* in word mode address bit 15, else 13, becomes bit 0 */
#define CRTC_MODE_BYTE        BIT(6)

/* Graphics controller. */
enum {
	GRAPHICS_SET_RESET,
	GRAPHICS_ENABLE_SET_RESET,
	GRAPHICS_COMPARE,
	GRAPHICS_ROTATE,
	GRAPHICS_READ_MAP,
	GRAPHICS_MODE,
	GRAPHICS_MISC,
	GRAPHICS_DONT_CARE,
	GRAPHICS_BIT_MASK,
};

#define ROTATE_COUNT        BITS(2, 0)
#define ROTATE_FUNCTION     BITS(4, 3)
#define GRAPHICS_WRITE_MODE BITS(1, 0)
#define READ_MAP_UPPER      BIT(1) /* of an odd/even pair of planes, the upper */
#define GRAPHICS_COMPARING  BIT(3) /* read mode 1 */
#define GRAPHICS_ODD_EVEN   BIT(4)
#define GRAPHICS_IS_ON      BIT(0) /* of the miscellaneous register: no text */
#define GRAPHICS_CHAIN      BIT(1)
#define GRAPHICS_MAP        BITS(3, 2)
#define MAP_TEXT            3 /* 32 KiB at 0xb8000 */

/* Attribute controller. */
enum { ATTRIBUTE_MODE = 0x10 };

#define ATTRIBUTE_INDEX  BITS(4, 0)
#define ATTRIBUTE_SOURCE BIT(5) /* of the index: the palette is the screen's, not the CPU's */

/* Input status. */
#define STATUS_0_INTERRUPT BIT(7)
#define STATUS_0_SENSE     BIT(4) /* a monitor is connected */
#define STATUS_1_BLANK     BIT(0)
#define STATUS_1_RETRACE   BIT(3)

/* Where the beam is at vga->now. */
struct vga_beam {
	bool blank, vertical_retrace;
	uint64_t retraces; /* begun since time began */
};

struct vga_beam vga_beam(const struct vga_text *vga, device_time now);

/* A byte of a plane, below VGA_PLANE_SIZE. */
uint8_t vga_load(const struct vga_text *vga, unsigned plane, unsigned offset);
void vga_store(struct vga_text *vga, unsigned plane, unsigned offset, uint8_t value);
/* All of them as after RESET#. */
void vga_clear(struct vga_text *vga);
/* The block of that number, taken now if need be; null when there is no memory. */
uint8_t *vga_take(struct vga_text *vga, unsigned number);

/* A register has changed: is the window plain memory still? */
void vga_follow(struct vga_text *vga);

void vga_dac_reset(struct vga_dac *dac);
uint8_t vga_dac_read(struct vga_dac *dac, unsigned port);
void vga_dac_write(struct vga_dac *dac, unsigned port, uint8_t value);

#endif
