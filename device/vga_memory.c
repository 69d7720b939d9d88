/* The VGA's memory as the CPU reaches it: which plane and byte an address means ("Display memory
 * addressing"), and what the graphics controller makes of the data on its way ("Write modes", "Read
 * modes"). The latches take a byte of every plane at each read. */
#include "device/vga_parts.h"

#include "lib/string.h"

#define ALL_PLANES  0xfu
#define EVEN_PLANES 0x5u
#define ODD_PLANES  0xau
#define UNMAPPED    0xff
#define ALL_BITS    0xff

/* What a register's four bits mean for eight dots. */
static uint8_t spread(uint8_t bits, unsigned plane)
{
	return bits >> plane & 1 ? 0xff : 0;
}

/* The place of a byte of the window in the planes; false when the window is not mapped there. */
static bool decode(const struct vga_text *vga, uint64_t offset, uint32_t *place)
{
	static const struct {
		uint32_t start, size;
	} maps[] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
	unsigned map = (unsigned)field_get(vga->graphics[GRAPHICS_MISC], GRAPHICS_MAP);

	if (!(vga->miscellaneous & MISC_ENABLE_RAM) || !vga->enabled ||
	    offset - maps[map].start >= maps[map].size)
		return false;
	*place = (uint32_t)(offset - maps[map].start);
	return true;
}

/* Of the bits that choose a plane nothing is left in the address: for pairs of planes the graphics
 * controller has a bit of its own that says so. In the map of 128 KiB the address bit that has no
 * other use takes the place of bit 0. */
static unsigned plane_offset(const struct vga_text *vga, uint32_t place, bool chain_4)
{
	if (chain_4)
		return place & (VGA_PLANE_SIZE - 1) & ~3u;
	if (vga->graphics[GRAPHICS_MISC] & GRAPHICS_CHAIN)
		return (place & (VGA_PLANE_SIZE - 1) & ~1u) | place / VGA_PLANE_SIZE;
	return place & (VGA_PLANE_SIZE - 1);
}

/* Is the window what text mode makes of it, with nothing done to the data on the way? The latches are
 * not: whoever reaches memory without the graphics controller leaves them as they are, which a program
 * sees only if it turns to a mode that uses them and does not read there first. */
static bool is_plain(const struct vga_text *vga)
{
	const uint8_t *graphics = vga->graphics, *sequencer = vga->sequencer;
	const uint8_t mode = GRAPHICS_WRITE_MODE | GRAPHICS_COMPARING | GRAPHICS_ODD_EVEN;

	return field_get(graphics[GRAPHICS_MISC], GRAPHICS_MAP) == MAP_TEXT &&
	       (graphics[GRAPHICS_MISC] & GRAPHICS_CHAIN) &&
	       (graphics[GRAPHICS_MODE] & mode) == GRAPHICS_ODD_EVEN &&
	       !(graphics[GRAPHICS_READ_MAP] & READ_MAP_UPPER) &&
	       !(graphics[GRAPHICS_ENABLE_SET_RESET] & MAP_MASK_TEXT) &&
	       !graphics[GRAPHICS_ROTATE] && graphics[GRAPHICS_BIT_MASK] == ALL_BITS &&
	       !(sequencer[SEQUENCER_MEMORY] & (MEMORY_MODE_FLAT | MEMORY_MODE_4)) &&
	       sequencer[SEQUENCER_MAP_MASK] == MAP_MASK_TEXT &&
	       (vga->miscellaneous & MISC_ENABLE_RAM) && vga->enabled;
}

void vga_follow(struct vga_text *vga)
{
	const bool could_be = is_plain(vga);
	uint8_t plain = 0;

	for (unsigned i = 0; i < VGA_PLAIN_PAGES; i++)
		if (could_be && vga->blocks[i])
			plain |= (uint8_t)BIT(i);
	if (plain == vga->plain)
		return;
	vga->plain = plain;
	if (vga->source.plain)
		vga->source.plain(vga->source.context);
}

/* An access to a page that could be plain memory and is not yet: the next one need not come here. */
static void make_plain(struct vga_text *vga, uint32_t place)
{
	if (is_plain(vga) && vga_take(vga, place / VGA_BLOCK_SIZE))
		vga_follow(vga);
}

static uint8_t compare(const struct vga_text *vga)
{
	uint8_t differs = 0;

	for (unsigned p = 0; p < VGA_PLANES; p++)
		differs |= (vga->latches[p] ^ spread(vga->graphics[GRAPHICS_COMPARE], p)) &
			   spread(vga->graphics[GRAPHICS_DONT_CARE], p);
	return (uint8_t)~differs;
}

static uint64_t read_byte(void *chip, uint64_t offset, unsigned width)
{
	struct vga_text *vga = chip;
	uint8_t mode = vga->graphics[GRAPHICS_MODE], plane = vga->graphics[GRAPHICS_READ_MAP];
	bool chain_4 = vga->sequencer[SEQUENCER_MEMORY] & MEMORY_MODE_4;
	bool odd_even = mode & GRAPHICS_ODD_EVEN;
	uint32_t place;

	if (!decode(vga, offset, &place))
		return UNMAPPED;
	make_plain(vga, place);
	unsigned byte = plane_offset(vga, place, chain_4);
	for (unsigned p = 0; p < VGA_PLANES; p++)
		vga->latches[p] = vga_load(vga, p, byte);
	if (chain_4)
		return vga->latches[place & 3];
	if (mode & GRAPHICS_COMPARING)
		return compare(vga);
	return vga->latches[odd_even ? (plane & 2) | (place & 1) : plane];
}

/* The function of the data-rotate register. */
static uint8_t combine(const struct vga_text *vga, uint8_t data, uint8_t latch)
{
	switch (field_get(vga->graphics[GRAPHICS_ROTATE], ROTATE_FUNCTION)) {
	case 1:
		return data & latch;
	case 2:
		return data | latch;
	case 3:
		return data ^ latch;
	default:
		return data;
	}
}

static uint8_t rotate(const struct vga_text *vga, uint8_t value)
{
	unsigned count = vga->graphics[GRAPHICS_ROTATE] & ROTATE_COUNT;

	return (uint8_t)(value >> count | value << (8 - count));
}

/* What a plane gets when the CPU writes `value`. */
static uint8_t to_plane(const struct vga_text *vga, unsigned p, uint8_t value)
{
	const uint8_t *regs = vga->graphics;
	uint8_t mask = regs[GRAPHICS_BIT_MASK], latch = vga->latches[p], data;

	switch (regs[GRAPHICS_MODE] & GRAPHICS_WRITE_MODE) {
	case 0:
		data = regs[GRAPHICS_ENABLE_SET_RESET] >> p & 1
			       ? spread(regs[GRAPHICS_SET_RESET], p)
			       : rotate(vga, value);
		break;
	case 1:
		return latch;
	case 2:
		data = spread(value, p);
		break;
	default:
		mask &= rotate(vga, value);
		data = spread(regs[GRAPHICS_SET_RESET], p);
	}
	return (uint8_t)((combine(vga, data, latch) & mask) | (latch & ~mask));
}

static void write_byte(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct vga_text *vga = chip;
	uint8_t memory = vga->sequencer[SEQUENCER_MEMORY];
	bool chain_4 = memory & MEMORY_MODE_4, odd_even = !(memory & MEMORY_MODE_FLAT);
	unsigned planes = vga->sequencer[SEQUENCER_MAP_MASK];
	uint32_t place;

	if (!decode(vga, offset, &place))
		return;
	make_plain(vga, place);
	if (chain_4)
		planes &= 1u << (place & 3);
	else if (odd_even)
		planes &= place & 1 ? ODD_PLANES : EVEN_PLANES;
	for (unsigned p = 0; p < VGA_PLANES; p++) {
		if (planes >> p & 1)
			vga_store(vga, p, plane_offset(vga, place, chain_4),
				  to_plane(vga, p, (uint8_t)value));
	}
	vga->changes++;
}

const struct chip_ops vga_memory_ops = {
	.name = "VGA memory",
	.read = read_byte,
	.write = write_byte,
};
