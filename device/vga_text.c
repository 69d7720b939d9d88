/* The VGA's registers. Four groups of them are reached by an index and a data port; which bits a
 * register has is in a table, and what is reserved reads as zero. */
#include "device/vga_parts.h"

#include "lib/string.h"

enum {
	PORT_CRTC_MONO = 0x3b4,
	PORT_STATUS_MONO = 0x3ba,
	PORT_ATTRIBUTE = 0x3c0,
	PORT_ATTRIBUTE_DATA = 0x3c1,
	PORT_MISC_WRITE = 0x3c2, /* reads as input status 0 */
	PORT_ENABLE = 0x3c3,
	PORT_SEQUENCER = 0x3c4,
	PORT_SEQUENCER_DATA = 0x3c5,
	PORT_DAC_FIRST = 0x3c6,
	PORT_DAC_LAST = 0x3c9,
	PORT_FEATURE_READ = 0x3ca,
	PORT_MISC_READ = 0x3cc,
	PORT_GRAPHICS = 0x3ce,
	PORT_GRAPHICS_DATA = 0x3cf,
	PORT_CRTC_COLOUR = 0x3d4,
	PORT_STATUS_COLOUR = 0x3da,
};

/* CRTC and status lie at one of two places; code speaks of the colour one. */
#define MONO_TO_COLOUR (PORT_CRTC_COLOUR - PORT_CRTC_MONO)

#define NOT_DECODED      0xff
#define MISC_BITS        0xef
#define FEATURE_BITS     0x08
#define ENABLE_BITS      0x01
#define CRTC_INDEX       BITS(4, 0)
#define SEQUENCER_INDEX  BITS(2, 0)
#define GRAPHICS_INDEX   BITS(3, 0)
#define ATTRIBUTE_BITS   (ATTRIBUTE_INDEX | ATTRIBUTE_SOURCE)
#define PROTECTED_LAST   CRTC_OVERFLOW
#define COLOUR_REGISTERS 16 /* the attribute controller's palette */

/* The bits that each register has. */
static const uint8_t sequencer_bits[VGA_SEQUENCER_REGISTERS] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t crtc_bits[VGA_CRTC_REGISTERS] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x3f, 0x7f, 0xff,
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xef, 0xff,
};
static const uint8_t graphics_bits[VGA_GRAPHICS_REGISTERS] = {
	0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff,
};
static const uint8_t attribute_bits[VGA_ATTRIBUTE_REGISTERS] = {
	0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
	0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f,
};

/* Mode 3, with characters of 9 by 16 dots: "BIOS: Video parameters". */
static const uint8_t mode_3_sequencer[VGA_SEQUENCER_REGISTERS] = { 0x03, 0x00, 0x03, 0x00, 0x02 };
static const uint8_t mode_3_crtc[VGA_CRTC_REGISTERS] = {
	0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00, 0x4f, 0x0d, 0x0e, 0x00,
	0x00, 0x00, 0x00, 0x9c, 0x8e, 0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff,
};
static const uint8_t mode_3_graphics[VGA_GRAPHICS_REGISTERS] = {
	0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x0e, 0x00, 0xff,
};
static const uint8_t mode_3_attribute[VGA_ATTRIBUTE_REGISTERS] = {
	0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14, 0x07, 0x38, 0x39, 0x3a,
	0x3b, 0x3c, 0x3d, 0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00,
};
#define MODE_3_MISC 0x67

/* The colour address of a port of CRTC or status; 0 when it is not the one in use. */
static unsigned select_port(const struct vga_text *vga, unsigned port)
{
	bool mono =
		port == PORT_CRTC_MONO || port == PORT_CRTC_MONO + 1 || port == PORT_STATUS_MONO;
	bool colour = port >= PORT_CRTC_COLOUR;

	if (!mono && !colour)
		return port;
	if (colour != !!(vga->miscellaneous & MISC_COLOUR))
		return 0;
	return mono ? port + MONO_TO_COLOUR : port;
}

/* Register `index` of a group of `count`: what there is not reads as zero. */
static uint8_t read_indexed(const uint8_t *registers, unsigned count, unsigned index)
{
	return index < count ? registers[index] : 0;
}

static uint8_t read_status_0(const struct vga_text *vga)
{
	bool waits = vga->crtc[CRTC_V_RETRACE_END] & RETRACE_NOT_CLEAR &&
		     vga_beam(vga, vga->now).retraces != vga_beam(vga, vga->retrace_since).retraces;

	return STATUS_0_SENSE | (waits ? STATUS_0_INTERRUPT : 0);
}

static uint8_t read_status_1(struct vga_text *vga)
{
	struct vga_beam beam = vga_beam(vga, vga->now);

	vga->attribute_is_data = false;
	return (uint8_t)((beam.blank ? STATUS_1_BLANK : 0) |
			 (beam.vertical_retrace ? STATUS_1_RETRACE : 0));
}

static uint8_t read_register(struct vga_text *vga, unsigned port)
{
	switch (port) {
	case PORT_ATTRIBUTE:
		return vga->attribute_index;
	case PORT_ATTRIBUTE_DATA:
		return read_indexed(vga->attribute, VGA_ATTRIBUTE_REGISTERS,
				    vga->attribute_index & ATTRIBUTE_INDEX);
	case PORT_MISC_WRITE:
		return read_status_0(vga);
	case PORT_SEQUENCER:
		return vga->sequencer_index;
	case PORT_SEQUENCER_DATA:
		return read_indexed(vga->sequencer, VGA_SEQUENCER_REGISTERS, vga->sequencer_index);
	case PORT_FEATURE_READ:
		return vga->feature;
	case PORT_MISC_READ:
		return vga->miscellaneous;
	case PORT_GRAPHICS:
		return vga->graphics_index;
	case PORT_GRAPHICS_DATA:
		return read_indexed(vga->graphics, VGA_GRAPHICS_REGISTERS, vga->graphics_index);
	case PORT_CRTC_COLOUR:
		return vga->crtc_index;
	case PORT_CRTC_COLOUR + 1:
		return read_indexed(vga->crtc, VGA_CRTC_REGISTERS, vga->crtc_index);
	case PORT_STATUS_COLOUR:
		return read_status_1(vga);
	default:
		if (port >= PORT_DAC_FIRST && port <= PORT_DAC_LAST)
			return vga_dac_read(&vga->dac, port);
		return NOT_DECODED;
	}
}

static uint64_t read_port(void *chip, uint64_t offset, unsigned width)
{
	struct vga_text *vga = chip;

	if (offset == PORT_ENABLE)
		return vga->enabled;
	return vga->enabled ? read_register(vga, select_port(vga, (unsigned)offset)) : NOT_DECODED;
}

static void write_indexed(uint8_t *registers, const uint8_t *bits, unsigned count, unsigned index,
			  uint8_t value)
{
	if (index < count)
		registers[index] = value & bits[index];
}

/* "CRT controller: Vertical retrace end register" protects the first registers but for one bit. */
static void write_crtc(struct vga_text *vga, uint8_t value)
{
	const uint8_t end = vga->crtc[CRTC_V_RETRACE_END];
	unsigned index = vga->crtc_index;

	if (end & RETRACE_PROTECT && index <= PROTECTED_LAST) {
		if (index != CRTC_OVERFLOW)
			return;
		value = (uint8_t)((vga->crtc[index] & ~OVERFLOW_LINE_COMPARE) |
				  (value & OVERFLOW_LINE_COMPARE));
	}
	if (index == CRTC_V_RETRACE_END && !(end & value & RETRACE_NOT_CLEAR))
		vga->retrace_since = vga->now;
	write_indexed(vga->crtc, crtc_bits, VGA_CRTC_REGISTERS, index, value);
}

/* Index and data go to one port in turn. The palette is written only while the screen is cut off
 * from it. */
static void write_attribute(struct vga_text *vga, uint8_t value)
{
	unsigned index = vga->attribute_index & ATTRIBUTE_INDEX;

	if (!vga->attribute_is_data)
		vga->attribute_index = value & ATTRIBUTE_BITS;
	else if (index >= COLOUR_REGISTERS || !(vga->attribute_index & ATTRIBUTE_SOURCE))
		write_indexed(vga->attribute, attribute_bits, VGA_ATTRIBUTE_REGISTERS, index,
			      value);
	vga->attribute_is_data = !vga->attribute_is_data;
}

static void write_register(struct vga_text *vga, unsigned port, uint8_t value)
{
	switch (port) {
	case PORT_ATTRIBUTE:
		write_attribute(vga, value);
		break;
	case PORT_MISC_WRITE:
		vga->miscellaneous = value & MISC_BITS;
		vga_follow(vga);
		break;
	case PORT_SEQUENCER:
		vga->sequencer_index = value & SEQUENCER_INDEX;
		break;
	case PORT_SEQUENCER_DATA:
		write_indexed(vga->sequencer, sequencer_bits, VGA_SEQUENCER_REGISTERS,
			      vga->sequencer_index, value);
		vga_follow(vga);
		break;
	case PORT_GRAPHICS:
		vga->graphics_index = value & GRAPHICS_INDEX;
		break;
	case PORT_GRAPHICS_DATA:
		write_indexed(vga->graphics, graphics_bits, VGA_GRAPHICS_REGISTERS,
			      vga->graphics_index, value);
		vga_follow(vga);
		break;
	case PORT_CRTC_COLOUR:
		vga->crtc_index = value & CRTC_INDEX;
		break;
	case PORT_CRTC_COLOUR + 1:
		write_crtc(vga, value);
		break;
	case PORT_STATUS_COLOUR:
		vga->feature = value & FEATURE_BITS;
		break;
	default:
		if (port >= PORT_DAC_FIRST && port <= PORT_DAC_LAST)
			vga_dac_write(&vga->dac, port, value);
	}
}

static void write_port(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct vga_text *vga = chip;

	if (offset == PORT_ENABLE) {
		vga->enabled = value & ENABLE_BITS;
		vga_follow(vga);
	} else if (vga->enabled) {
		write_register(vga, select_port(vga, (unsigned)offset), (uint8_t)value);
	}
	vga->changes++;
}

static void advance(void *chip, device_time now)
{
	struct vga_text *vga = chip;

	vga->now = now;
}

/* It tells of time, but does nothing by itself. */
static device_time next(const void *chip)
{
	return DEVICE_NEVER;
}

static void reset(void *chip)
{
	struct vga_text *vga = chip;

	vga->changes++;
	vga->retrace_since = vga->now;
	vga->miscellaneous = MODE_3_MISC;
	vga->feature = 0;
	vga->enabled = ENABLE_BITS;
	vga->sequencer_index = vga->crtc_index = vga->graphics_index = 0;
	vga->attribute_index = ATTRIBUTE_SOURCE;
	vga->attribute_is_data = false;
	memset(vga->latches, 0, sizeof(vga->latches));
	memcpy(vga->sequencer, mode_3_sequencer, sizeof(vga->sequencer));
	memcpy(vga->crtc, mode_3_crtc, sizeof(vga->crtc));
	memcpy(vga->graphics, mode_3_graphics, sizeof(vga->graphics));
	memcpy(vga->attribute, mode_3_attribute, sizeof(vga->attribute));
	vga_dac_reset(&vga->dac);
	vga_clear(vga);
	vga_follow(vga);
}

const struct chip_ops vga_text_ops = {
	.name = "VGA",
	.read = read_port,
	.write = write_port,
	.advance = advance,
	.next = next,
	.reset = reset,
};

void vga_text_init(struct vga_text *vga, const struct vga_source *source)
{
	*vga = (struct vga_text) { .source = *source };
	reset(vga);
}

enum error vga_text_attach(struct vga_text *vga, struct bus *io, struct bus *memory,
			   struct reason *why)
{
	static const struct bus_place window = { VGA_WINDOW, VGA_WINDOW_SIZE, 0, 1 };
	/* What the chip sees is the port's own number. */
	static const struct bus_place ports[] = {
		{ PORT_CRTC_MONO, 2, PORT_CRTC_MONO, 1 },
		{ PORT_STATUS_MONO, 1, PORT_STATUS_MONO, 1 },
		{ PORT_ATTRIBUTE, 16, PORT_ATTRIBUTE, 1 },
		{ PORT_CRTC_COLOUR, 2, PORT_CRTC_COLOUR, 1 },
		{ PORT_STATUS_COLOUR, 1, PORT_STATUS_COLOUR, 1 },
	};
	enum error error = bus_attach(memory, &window, 1, &vga_memory_ops, vga, why);

	return error ? error : bus_attach(io, ports, ARRAY_SIZE(ports), &vga_text_ops, vga, why);
}
