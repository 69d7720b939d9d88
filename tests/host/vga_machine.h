/* A VGA on its two buses, for tests of it: setup() and teardown() of a test give it memory and take it
 * back. What it asks its board for is the test's to say. */
#ifndef TESTS_HOST_VGA_MACHINE_H
#define TESTS_HOST_VGA_MACHINE_H

#include <stdlib.h>
#include <string.h>

#include "device/vga_parts.h"

static struct bus io, memory;
static struct vga_text vga;
static struct reason why;

static inline int vga_machine_start(const struct vga_source *source)
{
	memset(&io, 0, sizeof(io));
	memset(&memory, 0, sizeof(memory));
	vga_text_init(&vga, source);
	return vga_text_attach(&vga, &io, &memory, &why);
}

static inline int teardown(void **state)
{
	for (unsigned i = 0; i < VGA_BLOCKS; i++)
		free(vga.blocks[i]);
	return 0;
}

/* --- its memory and its indexed registers ----------------------------------------------------- */

static inline uint8_t get(uint64_t at)
{
	return (uint8_t)bus_read(&memory, 0, at, 1);
}

static inline void put(uint64_t at, uint8_t value)
{
	bus_write(&memory, 0, at, 1, value);
}

static inline uint8_t plane(unsigned n, unsigned offset)
{
	return vga_load(&vga, n, offset);
}

static inline void sequencer(uint8_t index, uint8_t value)
{
	bus_write(&io, 0, 0x3c4, 2, index | value << 8);
}

static inline void graphics(uint8_t index, uint8_t value)
{
	bus_write(&io, 0, 0x3ce, 2, index | value << 8);
}

#endif
