/* The two cascaded 8259A interrupt controllers of a PC, with the edge/level control registers of
 * EISA and PCI machines. Datasheet: 8259A; the ELCR is described with the 82371AB (PIIX4), "Interrupt
 * Controller Registers". Pure: interrupt requests come in as wires, the CPU's INTR goes out as one,
 * and pic_acknowledge() is the CPU's pair of INTA cycles. */
#ifndef DEVICE_PIC_H
#define DEVICE_PIC_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define PIC_INPUTS 8 /* of each of the two */
#define PIC_IRQS   16

/* I/O ports, and where pic_ops sees them. */
#define PIC_MASTER_PORT 0x20
#define PIC_SLAVE_PORT  0xa0
#define PIC_ELCR_PORT   0x4d0

#define PIC_MASTER_OFFSET 0
#define PIC_SLAVE_OFFSET  2

/* The initialization command word that the chip waits for at its odd address. */
enum pic_expects { PIC_EXPECTS_NOTHING, PIC_EXPECTS_ICW2, PIC_EXPECTS_ICW3, PIC_EXPECTS_ICW4 };

/* One 8259A. A bit of a byte belongs to the input of that number. */
struct pic_chip {
	bool is_master;
	uint8_t lines; /* the levels of the inputs */
	uint8_t edges; /* rising edges that wait for their acknowledgement */
	uint8_t level; /* ELCR: inputs that are sensed by level */
	uint8_t in_service;
	uint8_t mask;
	uint8_t lowest; /* the input that has the lowest priority */
	uint8_t icw1, icw2, icw3, icw4;
	enum pic_expects expects;
	bool ready; /* initialized: requests may come through */
	bool special_mask, rotate_on_auto_eoi;
	bool poll;            /* the next read is an acknowledgement */
	bool read_in_service; /* the even address reads ISR, not IRR */
};

struct pic {
	struct pic_chip chips[2]; /* master, slave */
	struct wire intr;
	bool intr_level;
};

extern const struct chip_ops pic_ops;
/* The edge/level control registers, of the first and of the second, of a struct pic. */
extern const struct chip_ops pic_elcr_ops;

/* As after power-on: nothing comes through before both are initialized. `intr` goes to the CPU. */
void pic_init(struct pic *pic, const struct wire *intr);

/* Puts all ports of the pair on the bus. */
enum error pic_attach(struct pic *pic, struct bus *ports, struct reason *why) must_check;

/* The level of input `irq`, 0..15; serves as the `set` of a wire. Input 2 belongs to the slave and
 * does not listen. Several sources of one input are the caller's to join. */
void pic_set_irq(void *pic, unsigned irq, bool level);

/* True when INTR is asserted. */
bool pic_pending(const struct pic *pic);

/* The CPU acknowledges: returns the vector. With no request left (it went away, or was masked) it is
 * the vector of input 7 of the master, or of the slave, and nothing gets into service: 8259A,
 * "Edge and Level Triggered Modes", default IR7. */
uint8_t pic_acknowledge(struct pic *pic);

#endif
