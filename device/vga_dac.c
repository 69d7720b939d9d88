/* The VGA's colours (INMOS G171, "Microprocessor interface"): an address register that counts on
 * after each colour of three components. For reading, a colour is fetched ahead and the address is
 * one further already. */
#include "device/vga_parts.h"

#include "lib/string.h"

enum { DAC_MASK = 0x3c6, DAC_READ = 0x3c7, DAC_WRITE = 0x3c8, DAC_DATA = 0x3c9 };

#define COMPONENT   BITS(5, 0)
#define COMPONENTS  3
#define STATE_READS 3 /* DAC state register */

/* Of the 64 colours that EGA's six wires make: a bit of two thirds and one of one third. */
#define TWO_THIRDS 0x2a
#define ONE_THIRD  0x15
#define EGA_WIRES  64

void vga_dac_reset(struct vga_dac *dac)
{
	*dac = (struct vga_dac) { .mask = 0xff };
	for (unsigned n = 0; n < VGA_COLOURS; n++) {
		for (unsigned c = 0; c < COMPONENTS; c++) {
			unsigned strong = n >> (2 - c) & 1, weak = n >> (5 - c) & 1;

			if (n < EGA_WIRES)
				dac->colours[n][c] =
					(uint8_t)(strong * TWO_THIRDS + weak * ONE_THIRD);
		}
	}
}

static void fetch(struct vga_dac *dac)
{
	memcpy(dac->latch, dac->colours[dac->address++], COMPONENTS);
	dac->component = 0;
}

uint8_t vga_dac_read(struct vga_dac *dac, unsigned port)
{
	uint8_t value;

	switch (port) {
	case DAC_MASK:
		return dac->mask;
	case DAC_READ:
		return dac->reading ? STATE_READS : 0;
	case DAC_WRITE:
		return dac->address;
	default:
		value = dac->latch[dac->component++];
		if (dac->component == COMPONENTS)
			fetch(dac);
		return value;
	}
}

static void write_data(struct vga_dac *dac, uint8_t value)
{
	dac->latch[dac->component++] = value & COMPONENT;
	if (dac->component < COMPONENTS)
		return;
	memcpy(dac->colours[dac->address++], dac->latch, COMPONENTS);
	dac->component = 0;
}

void vga_dac_write(struct vga_dac *dac, unsigned port, uint8_t value)
{
	switch (port) {
	case DAC_MASK:
		dac->mask = value;
		break;
	case DAC_READ:
		dac->address = value;
		dac->reading = true;
		fetch(dac);
		break;
	case DAC_WRITE:
		dac->address = value;
		dac->reading = false;
		dac->component = 0;
		break;
	default:
		write_data(dac, value);
	}
}
