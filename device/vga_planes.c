/* The VGA's four planes, in blocks that are taken when something first lies in them: a guest that
 * leaves the screen as RESET# made it has none, and one that writes text a few. A block that cannot
 * be had reads on as before, and what is written to it is lost. */
#include "device/vga_parts.h"

#define BLOCKS_OF_PLANE (VGA_PLANE_SIZE / VGA_BLOCK_SIZE)

/* What a BIOS leaves in mode 3: blanks, grey on black, in the half of two planes that the window of
 * 32 KiB shows; of these every other byte. */
#define BLANK_CHARACTER ' '
#define BLANK_ATTRIBUTE 0x07
#define TEXT_END        (VGA_PLANE_SIZE / 2)

static uint8_t blank(unsigned plane, unsigned offset)
{
	if (plane > 1 || offset >= TEXT_END || offset & 1)
		return 0;
	return plane ? BLANK_ATTRIBUTE : BLANK_CHARACTER;
}

static void clear(uint8_t *block, unsigned plane, unsigned start)
{
	for (unsigned i = 0; i < VGA_BLOCK_SIZE; i++)
		block[i] = blank(plane, start + i);
}

void vga_clear(struct vga_text *vga)
{
	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		if (vga->blocks[i])
			clear(vga->blocks[i], i / BLOCKS_OF_PLANE,
			      i % BLOCKS_OF_PLANE * VGA_BLOCK_SIZE);
}

uint8_t vga_load(const struct vga_text *vga, unsigned plane, unsigned offset)
{
	const uint8_t *block = vga->blocks[plane * BLOCKS_OF_PLANE + offset / VGA_BLOCK_SIZE];

	return block ? block[offset % VGA_BLOCK_SIZE] : blank(plane, offset);
}

void vga_store(struct vga_text *vga, unsigned plane, unsigned offset, uint8_t value)
{
	uint8_t **block = &vga->blocks[plane * BLOCKS_OF_PLANE + offset / VGA_BLOCK_SIZE];
	unsigned at = offset % VGA_BLOCK_SIZE;

	if (!*block) {
		/* Clearing the screen needs none. */
		if (value == blank(plane, offset))
			return;
		*block = vga->source.block(vga->source.context);
		if (!*block)
			return;
		clear(*block, plane, offset - at);
	}
	(*block)[at] = value;
}
