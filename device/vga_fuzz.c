/* Any sequence of port and memory accesses to the VGA: it stays within its memory, of which
 * there may be too little, and a screen can be looked at after each. An access is a kind, an address and a value. */
#include <stdlib.h>

#include "device/vga_text.h"
#include "lib/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct vga_text *vga)
{
	struct vga_screen screen = vga_text_screen(vga);

	if (!screen.is_text)
		return;
	assert(screen.columns && screen.columns <= 256 && screen.rows <= 1024);
	if (screen.rows)
		vga_text_cell(vga, screen.columns - 1, screen.rows - 1);
	if (screen.cursor_shown)
		vga_text_cell(vga, screen.cursor_column, screen.cursor_row);
}

/* A plain page holds what the window shows. */
static void look_past(const struct vga_text *vga, struct bus *memory)
{
	for (unsigned i = 0; i < VGA_PLAIN_PAGES; i++) {
		if (!(vga->plain >> i & 1))
			continue;
		assert(vga->blocks[i]);
		vga->blocks[i][0]++;
		assert(bus_read(memory, 0, VGA_PLAIN + i * VGA_BLOCK_SIZE, 1) == vga->blocks[i][0]);
	}
}

/* Blocks, until as many are gone as the first byte of the input says. */
static unsigned left;

static uint8_t *take_block(void *context)
{
	if (!left)
		return NULL;
	left--;
	return malloc(VGA_BLOCK_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vga_text vga;
	static struct bus io, memory;
	const struct vga_source source = { take_block, NULL, NULL };
	device_time now = 0;

	io.count = memory.count = 0;
	left = size ? data[0] : 0;
	vga_text_init(&vga, &source);
	enum error error = vga_text_attach(&vga, &io, &memory, NULL);
	assert(!error);
	for (; size >= 4; data += 4, size -= 4) {
		unsigned width = 1u << (data[0] >> 2 & 3);
		uint64_t window = VGA_WINDOW + (data[1] << 9 | data[2] << 1 | (data[0] >> 7));
		uint64_t port = 0x3b0 + data[1] % 48u;

		switch (data[0] & 3) {
		case 0:
			bus_write(&io, now, port, width > 4 ? 4 : width, data[2] | data[3] << 8);
			break;
		case 1:
			bus_read(&io, now, port, width > 4 ? 4 : width);
			break;
		case 2:
			bus_write(&memory, now, window, width, data[3]);
			break;
		default:
			bus_read(&memory, now, window, width);
		}
		look(&vga);
		look_past(&vga, &memory);
		now += data[0] * 1000ull;
	}
	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		free(vga.blocks[i]);
	return 0;
}
