/* A VGA (IBM, "Personal System/2 Hardware Interface Technical Reference", "Video Subsystem"): all
 * registers with what they read back, 256 KiB in four planes, and the text mode that a board or a
 * test can look at. Graphics modes can be programmed and drawn into, but nobody draws them.
 *
 * Power-on and reset leave it in text mode 3 (80 by 25, colour), as a BIOS would: kernels that are
 * entered without firmware count on that. There is no font in plane 2, and no vertical interrupt
 * wire, which PCs do not connect either. */
#ifndef DEVICE_VGA_TEXT_H
#define DEVICE_VGA_TEXT_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define VGA_PLANES      4
#define VGA_PLANE_SIZE  0x10000u
#define VGA_MEMORY_SIZE (VGA_PLANES * VGA_PLANE_SIZE)
#define VGA_BLOCK_SIZE  4096u
#define VGA_BLOCKS      (VGA_MEMORY_SIZE / VGA_BLOCK_SIZE)

/* The window through which the CPU sees the memory; registers choose a part of it. */
#define VGA_WINDOW      0xa0000u
#define VGA_WINDOW_SIZE 0x20000u

#define VGA_SEQUENCER_REGISTERS 5
#define VGA_CRTC_REGISTERS      0x19
#define VGA_GRAPHICS_REGISTERS  9
#define VGA_ATTRIBUTE_REGISTERS 0x15
#define VGA_COLOURS             256

/* The digital-to-analog converter: one address that writing and reading of colours share. */
struct vga_dac {
	uint8_t mask, address;
	uint8_t component; /* the next one: red, green, blue */
	bool reading;
	uint8_t latch[3]; /* the colour that is being read or written */
	uint8_t colours[VGA_COLOURS][3];
};

/* What text mode, as a BIOS sets it up, sees of the memory: characters and attributes in turn. Who may
 * let the CPU reach memory by itself need not be asked for each of these bytes. */
#define VGA_PLAIN       0xb8000u
#define VGA_PLAIN_SIZE  0x8000u
#define VGA_PLAIN_PAGES (VGA_PLAIN_SIZE / VGA_BLOCK_SIZE)

/* Where memory comes from, once it is needed: VGA_BLOCK_SIZE bytes that stay the giver's; null when
 * there are none, and what was to lie there is lost. Called by accesses, as is `plain` when vga->plain
 * has changed, and by a reset; null: nobody wants to know. */
struct vga_source {
	uint8_t *(*block)(void *context);
	void (*plain)(void *context);
	void *context;
};

struct vga_text {
	struct vga_source source;
	uint8_t *blocks[VGA_BLOCKS]; /* null: as after a reset */
	/* The pages at VGA_PLAIN, a bit each, that are at this moment nothing but memory: page n is
	 * blocks[n]. Accesses to them may come here as well, and do the same. */
	uint8_t plain;
	/* Of anything that can be seen, but for plain pages: somebody who draws may compare. */
	uint32_t changes;
	device_time now;
	device_time retrace_since; /* the vertical interrupt was last cleared */
	uint8_t miscellaneous, feature, enabled;
	uint8_t sequencer_index, sequencer[VGA_SEQUENCER_REGISTERS];
	uint8_t crtc_index, crtc[VGA_CRTC_REGISTERS];
	uint8_t graphics_index, graphics[VGA_GRAPHICS_REGISTERS];
	uint8_t attribute_index, attribute[VGA_ATTRIBUTE_REGISTERS];
	bool attribute_is_data; /* the flip-flop: where the next write goes */
	uint8_t latches[VGA_PLANES];
	struct vga_dac dac;
};

/* The ports, at offsets that are their numbers, and the window. */
extern const struct chip_ops vga_text_ops, vga_memory_ops;

/* Takes no memory yet. */
void vga_text_init(struct vga_text *vga, const struct vga_source *source);

enum error vga_text_attach(struct vga_text *vga, struct bus *io, struct bus *memory,
			   struct reason *why) must_check;

/* What the screen shows. */
struct vga_screen {
	bool is_text; /* else nothing below counts */
	unsigned columns, rows;
	bool cursor_shown;
	unsigned cursor_column, cursor_row;
};

struct vga_cell {
	uint8_t character, attribute; /* code page 437; bits 0 to 3 foreground, 4 to 7 background */
};

struct vga_screen vga_text_screen(const struct vga_text *vga);

/* `column` and `row` count from 0, below those of the screen. */
struct vga_cell vga_text_cell(const struct vga_text *vga, unsigned column, unsigned row);

/* A row as printable ASCII without the blanks at its end, cut at `size`, terminated. What code page
 * 437 has besides becomes a dot. Returns its length. */
unsigned vga_text_row(const struct vga_text *vga, unsigned row, char *text, unsigned size);

#endif
