/* The interrupt controllers and the timer that every PC has: the pair of 8259s, the 8254, and the I/O
 * APIC. */
#ifndef GUEST_BARE_LEGACY_H
#define GUEST_BARE_LEGACY_H

#include "guest/bare/machine.h"

/* --- 8259 ------------------------------------------------------------------------------------ */

#define PIC_1        0x20
#define PIC_2        0xa0
#define PIC_1_MASK   (PIC_1 + 1)
#define PIC_2_MASK   (PIC_2 + 1)
#define PIC_ALL      0xff
#define PIC_EOI      0x20
#define PIC_READ_IRR 0x0a
#define PIC_READ_ISR 0x0b
#define VECTOR_PIC   0x20 /* of the first one's input 0 */

static inline void mask_pics(void)
{
	out8(PIC_1_MASK, PIC_ALL);
	out8(PIC_2_MASK, PIC_ALL);
}

/* Both initialized, and all masked. */
static inline void start_pics(void)
{
	static const uint8_t words[2][4] = { { 0x11, VECTOR_PIC, 4, 1 },
					     { 0x11, VECTOR_PIC + 8, 2, 1 } };

	for (unsigned i = 0; i < 4; i++) {
		out8(PIC_1 + (i > 0), words[0][i]);
		out8(PIC_2 + (i > 0), words[1][i]);
	}
	mask_pics();
}

/* --- 8254 ------------------------------------------------------------------------------------ */

#define PIT_0           0x40
#define PIT_CONTROL     0x43
#define PIT_ONE_SHOT    0x30
#define PIT_PERIODIC    0x34
#define PIT_MILLISECOND 1193

static inline void start_pit(uint8_t mode, uint16_t count)
{
	out8(PIT_CONTROL, mode);
	out8(PIT_0, (uint8_t)count);
	out8(PIT_0, (uint8_t)(count >> 8));
}

/* --- I/O APIC -------------------------------------------------------------------------------- */

#define IOAPIC        0xfec00000u
#define IOAPIC_WINDOW 0x10
#define IOAPIC_PIN(n) (0x10 + 2 * (n))
#define PIN_REMOTE    0x4000u
#define PIN_LEVEL     0x8000u
#define PIN_MASKED    0x10000u

static inline uint32_t ioapic_read(unsigned reg)
{
	*(volatile uint32_t *)(uintptr_t)IOAPIC = reg;
	return *(volatile uint32_t *)(uintptr_t)(IOAPIC + IOAPIC_WINDOW);
}

static inline void ioapic_write(unsigned reg, uint32_t value)
{
	*(volatile uint32_t *)(uintptr_t)IOAPIC = reg;
	*(volatile uint32_t *)(uintptr_t)(IOAPIC + IOAPIC_WINDOW) = value;
}

#endif
