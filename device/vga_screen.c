/* What the VGA's CRT controller makes of its registers: where the beam is, and which cell of memory
 * is where on the screen. */
#include "device/vga_parts.h"

/* Dot clocks, in Hz. External ones are not there. */
#define CLOCK_640_DOTS 25175000ull
#define CLOCK_720_DOTS 28322000ull

#define MISC_CLOCK_720 1

/* A vertical count of ten bits: eight of register `low`, and two of the overflow register. */
static unsigned vertical(const struct vga_text *vga, unsigned low, unsigned bit_8, unsigned bit_9)
{
	uint8_t overflow = vga->crtc[CRTC_OVERFLOW];

	return vga->crtc[low] | (overflow >> bit_8 & 1u) << 8 | (overflow >> bit_9 & 1u) << 9;
}

/* Nanoseconds of a scan line. */
static uint64_t line_time(const struct vga_text *vga, unsigned characters)
{
	uint8_t clocking = vga->sequencer[SEQUENCER_CLOCKING];
	uint64_t dots = characters * (clocking & CLOCKING_8_DOTS ? 8u : 9u);
	uint64_t clock = field_get(vga->miscellaneous, MISC_CLOCK) == MISC_CLOCK_720
				 ? CLOCK_720_DOTS
				 : CLOCK_640_DOTS;

	return dots * NANOSECONDS * (clocking & CLOCKING_HALF ? 2 : 1) / clock;
}

/* A frame begins with the first line that is shown. The constants are what the registers leave out
 * of their counts. */
struct vga_beam vga_beam(const struct vga_text *vga, device_time now)
{
	const uint8_t *crtc = vga->crtc;
	unsigned characters = crtc[CRTC_H_TOTAL] + 5u, shown = crtc[CRTC_H_DISPLAY_END] + 1u;
	unsigned lines = vertical(vga, CRTC_V_TOTAL, 0, 5) + 2;
	unsigned lines_shown = vertical(vga, CRTC_V_DISPLAY_END, 1, 6) + 1;
	unsigned retrace = vertical(vga, CRTC_V_RETRACE_START, 2, 7);
	/* The end is told by its last four bits: it comes 1 to 16 lines after the start. */
	unsigned length = (((crtc[CRTC_V_RETRACE_END] - retrace - 1) & RETRACE_END) + 1);
	uint64_t line_ns = line_time(vga, characters), line = now / line_ns;
	uint64_t in_frame = line % lines, in_line = now % line_ns * characters / line_ns;

	return (struct vga_beam) {
		.blank = in_frame >= lines_shown || in_line >= shown,
		.vertical_retrace = in_frame - retrace < length,
		.retraces = line / lines + (in_frame >= retrace),
	};
}

static unsigned cell_address(const struct vga_text *vga, unsigned high)
{
	return (unsigned)(vga->crtc[high] << 8 | vga->crtc[high + 1]);
}

/* Characters from one row to the next. */
static unsigned pitch(const struct vga_text *vga)
{
	return vga->crtc[CRTC_OFFSET] * 2u;
}

struct vga_screen vga_text_screen(const struct vga_text *vga)
{
	const uint8_t *crtc = vga->crtc;
	unsigned height = (crtc[CRTC_MAX_SCAN_LINE] & SCAN_LINE_HEIGHT) + 1;
	unsigned lines = vertical(vga, CRTC_V_DISPLAY_END, 1, 6) + 1;
	unsigned cursor = cell_address(vga, CRTC_CURSOR_HIGH) - cell_address(vga, CRTC_START_HIGH);
	struct vga_screen screen = {
		.is_text = !(vga->graphics[GRAPHICS_MISC] & GRAPHICS_IS_ON),
		.columns = crtc[CRTC_H_DISPLAY_END] + 1u,
		.rows = lines / (crtc[CRTC_MAX_SCAN_LINE] & SCAN_LINE_DOUBLE ? 2 * height : height),
	};

	if (!screen.is_text || !pitch(vga))
		return screen;
	screen.cursor_column = cursor % pitch(vga);
	screen.cursor_row = cursor / pitch(vga);
	screen.cursor_shown = !(crtc[CRTC_CURSOR_START] & CURSOR_OFF) &&
			      (crtc[CRTC_CURSOR_START] & CURSOR_SCAN_LINE) <=
				      (crtc[CRTC_CURSOR_END] & CURSOR_SCAN_LINE) &&
			      screen.cursor_column < screen.columns &&
			      screen.cursor_row < screen.rows;
	return screen;
}

struct vga_cell vga_text_cell(const struct vga_text *vga, unsigned column, unsigned row)
{
	const uint8_t *crtc = vga->crtc;
	unsigned n = cell_address(vga, CRTC_START_HIGH) + row * pitch(vga) + column, offset;

	/* "CRT controller: Mode control register": how a count becomes an address. */
	if (crtc[CRTC_UNDERLINE] & UNDERLINE_DOUBLEWORD)
		offset = n << 2;
	else if (crtc[CRTC_MODE] & CRTC_MODE_BYTE)
		offset = n;
	else
		offset = n << 1 | (n >> (crtc[CRTC_MODE] & CRTC_MODE_WRAP ? 15 : 13) & 1);
	offset &= VGA_PLANE_SIZE - 1;
	return (struct vga_cell) { vga_load(vga, 0, offset), vga_load(vga, 1, offset) };
}

#define CODE_FIRST 0x20 /* of ASCII that can be printed */
#define CODE_LAST  0x7e
#define CODE_BLANK 0xff /* of code page 437, besides 0 and the ASCII one */

static char printable(uint8_t code)
{
	if (!code || code == CODE_BLANK)
		return ' ';
	return code < CODE_FIRST || code > CODE_LAST ? '.' : (char)code;
}

unsigned vga_text_row(const struct vga_text *vga, unsigned row, char *text, unsigned size)
{
	unsigned columns = vga_text_screen(vga).columns, length = 0;

	for (unsigned i = 0; i < columns && i < size - 1; i++) {
		text[i] = printable(vga_text_cell(vga, i, row).character);
		if (text[i] != ' ')
			length = i + 1;
	}
	text[length] = 0;
	return length;
}
