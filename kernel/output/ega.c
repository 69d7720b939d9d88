/* IBM VGA, "VGA Function", as every PC has it: text mode 3 as firmware and loader leave it, with the
 * glyphs replaced, so that the screen looks the same as on a framebuffer. The character generator
 * reads its glyphs from plane 2, 32 bytes each. */
#include "kernel/output/ega.h"

#include "kernel/memory.h"
#include "kernel/output/framebuffer.h"
#include "x86/instructions.h"

#define PLANE_ADDRESS 0xa0000u
#define PLANE_LENGTH  0x10000u
#define GLYPH_PITCH   32
#define LIGHT_GREY    0x07

/* An index port; its data port is the next. */
enum index_port { SEQUENCER = 0x3c4, GRAPHICS = 0x3ce, CRTC = 0x3d4 };

struct setting {
	uint16_t port; /* enum index_port */
	uint8_t index, value;
};

/* Plane 2 alone, linear, at A0000h. */
static const struct setting font_access[] = {
	{ SEQUENCER, 0x00, 0x01 }, /* synchronous reset while the map changes */
	{ SEQUENCER, 0x02, 0x04 }, /* write plane 2 */
	{ SEQUENCER, 0x04, 0x07 }, /* no odd and even, all memory */
	{ SEQUENCER, 0x00, 0x03 }, { GRAPHICS, 0x04, 0x02 }, /* read plane 2 */
	{ GRAPHICS, 0x05, 0x00 },                            /* write mode 0, no odd and even */
	{ GRAPHICS, 0x06, 0x00 },                            /* A0000h, 128 KiB */
};

/* As text mode 3 has it. */
static const struct setting text_access[] = {
	{ SEQUENCER, 0x00, 0x01 }, { SEQUENCER, 0x02, 0x03 }, /* planes 0 and 1 */
	{ SEQUENCER, 0x03, 0x00 },                            /* glyphs at offset 0 */
	{ SEQUENCER, 0x04, 0x03 },                            /* odd and even */
	{ SEQUENCER, 0x00, 0x03 }, { GRAPHICS, 0x04, 0x00 },
	{ GRAPHICS, 0x05, 0x10 },  { GRAPHICS, 0x06, 0x0e }, /* B8000h, 32 KiB */
	{ CRTC, 0x0a, 0x20 },                                /* no cursor */
	{ CRTC, 0x0c, 0x00 },      { CRTC, 0x0d, 0x00 },     /* shown from the first cell on */
};

/* Device memory; constant after ega_init(). */
static volatile uint16_t *cells;

static void apply(const struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		port_write8(settings[i].port, settings[i].index);
		port_write8(settings[i].port + 1, settings[i].value);
	}
}

enum error ega_init(const uint8_t *font)
{
	volatile uint8_t *plane = mmio_map(hpa(PLANE_ADDRESS), PLANE_LENGTH, MMIO_UNCACHED);

	cells = mmio_map(hpa(EGA_ADDRESS), EGA_COLUMNS * EGA_ROWS * sizeof(*cells), MMIO_UNCACHED);
	if (!plane || !cells)
		return ERROR_NO_MEMORY;
	apply(font_access, ARRAY_SIZE(font_access));
	for (unsigned glyph = 0; glyph < GLYPH_COUNT; glyph++) {
		for (unsigned row = 0; row < GLYPH_HEIGHT; row++)
			plane[(GLYPH_FIRST + glyph) * GLYPH_PITCH + row] =
				font[glyph * GLYPH_HEIGHT + row];
	}
	apply(text_access, ARRAY_SIZE(text_access));
	for (unsigned i = 0; i < EGA_COLUMNS * EGA_ROWS; i++)
		cells[i] = LIGHT_GREY << 8 | ' ';
	return ERROR_NONE;
}

void ega_draw(unsigned column, unsigned row, char c)
{
	cells[row * EGA_COLUMNS + column] = (uint16_t)(LIGHT_GREY << 8 | (uint8_t)c);
}
