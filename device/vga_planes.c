/* The VGA's four planes, in blocks that are taken when something first lies in them: a guest that
 * leaves the screen as RESET# made it has none, and one that writes text a few. A block that cannot
 * be had reads on as before, and what is written to it is lost.
 *
 * The planes of characters and of attributes lie interleaved, as text mode shows them: bytes at even
 * offsets first, which are all that it reaches, then those at odd ones. So each page of its window is
 * a block, and the CPU may have it as plain memory. */
#include "device/vga_parts.h"

/* What a BIOS leaves in mode 3: blanks, grey on black, in all that the window of 32 KiB shows. */
#define BLANK_CHARACTER ' '
#define BLANK_ATTRIBUTE 0x07

/* Where in the blocks a byte of a plane lies. */
static unsigned place(unsigned plane, unsigned offset)
{
	if (plane > 1)
		return plane * VGA_PLANE_SIZE + offset;
	return (offset & 1) * VGA_PLANE_SIZE + (offset & ~1u) + plane;
}

static uint8_t blank(unsigned at)
{
	if (at >= VGA_PLAIN_SIZE)
		return 0;
	return at & 1 ? BLANK_ATTRIBUTE : BLANK_CHARACTER;
}

static void clear(uint8_t *block, unsigned start)
{
	for (unsigned i = 0; i < VGA_BLOCK_SIZE; i++)
		block[i] = blank(start + i);
}

void vga_clear(struct vga_text *vga)
{
	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		if (vga->blocks[i])
			clear(vga->blocks[i], i * VGA_BLOCK_SIZE);
}

uint8_t *vga_take(struct vga_text *vga, unsigned number)
{
	uint8_t **block = &vga->blocks[number];

	if (!*block) {
		*block = vga->source.block(vga->source.context);
		if (*block)
			clear(*block, number * VGA_BLOCK_SIZE);
	}
	return *block;
}

uint8_t vga_load(const struct vga_text *vga, unsigned plane, unsigned offset)
{
	unsigned at = place(plane, offset);
	const uint8_t *block = vga->blocks[at / VGA_BLOCK_SIZE];

	return block ? block[at % VGA_BLOCK_SIZE] : blank(at);
}

void vga_store(struct vga_text *vga, unsigned plane, unsigned offset, uint8_t value)
{
	unsigned at = place(plane, offset), number = at / VGA_BLOCK_SIZE;
	uint8_t *block = vga->blocks[number];

	/* Clearing the screen needs none. */
	if (!block && value != blank(at))
		block = vga_take(vga, number);
	if (block)
		block[at % VGA_BLOCK_SIZE] = value;
}
