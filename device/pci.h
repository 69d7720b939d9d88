/* PCI as a PC has it: configuration mechanism #1 (ports 0xCF8 and 0xCFC), the enhanced mechanism in
 * memory (ECAM) for the same registers, and functions on bus 0 with base address registers that
 * move windows on the buses. PCI Local Bus Specification 3.0, "Configuration Space Decoding" and
 * "Base Addresses"; PCI Express Base Specification, "PCI Express Enhanced Configuration Access
 * Mechanism (ECAM)". */
#ifndef DEVICE_PCI_H
#define DEVICE_PCI_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define PCI_ADDRESS_PORT            0xcf8
#define PCI_DATA_PORT               0xcfc
#define PCI_FUNCTIONS               256 /* of bus 0: device number << 3 | function */
#define PCI_DEVFN(device, function) ((device) << 3 | (function))
#define PCI_CONFIG_SIZE             256
#define PCI_ECAM_BUS                MIB(1) /* of address space a bus */
#define PCI_BARS                    6

/* Configuration registers. */
#define PCI_VENDOR_ID      0x00
#define PCI_DEVICE_ID      0x02
#define PCI_COMMAND        0x04
#define PCI_STATUS         0x06
#define PCI_REVISION       0x08
#define PCI_CLASS          0x09 /* interface, subclass, class */
#define PCI_HEADER_TYPE    0x0e
#define PCI_BAR0           0x10
#define PCI_SUBSYSTEM      0x2c /* vendor, then id */
#define PCI_CAPABILITIES   0x34
#define PCI_INTERRUPT_LINE 0x3c
#define PCI_INTERRUPT_PIN  0x3d /* 1 is INTA# */

#define PCI_COMMAND_IO            0x0001
#define PCI_COMMAND_MEMORY        0x0002
#define PCI_COMMAND_MASTER        0x0004
#define PCI_COMMAND_INTX_DISABLE  0x0400
#define PCI_STATUS_INTERRUPT      0x0008
#define PCI_STATUS_CAPABILITIES   0x0010
#define PCI_HEADER_MULTI_FUNCTION 0x80

enum pci_bar_kind { PCI_BAR_NONE, PCI_BAR_IO, PCI_BAR_MEMORY, PCI_BAR_MEMORY64 };

/* What a base address register decodes. A 64-bit one takes its number and the next. */
struct pci_bar {
	enum pci_bar_kind kind;
	uint32_t size; /* a power of two: I/O 4 to 256 bytes, memory from 16 */
	uint8_t widest;
	const struct chip_ops *ops;
	void *chip; /* no other window of the board has it */
};

struct pci_function {
	uint8_t config[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE];               /* bits that the guest may change */
	uint8_t initial[PCI_CONFIG_SIZE];                /* what a reset puts back */
	uint8_t capability_lengths[PCI_CONFIG_SIZE / 4]; /* by offset / 4 */
	struct pci_bar bars[PCI_BARS];
	/* After a write changed [offset, offset + width); null: nobody cares. */
	void (*written)(void *context, unsigned offset, unsigned width);
	/* Before a read; null likewise. */
	void (*reads)(void *context, unsigned offset, unsigned width);
	void *context;
	struct wire intx; /* the function's interrupt pin, asserted high */
	bool intx_asserted;
};

struct pci {
	uint32_t address; /* CONFIG_ADDRESS */
	struct pci_function *functions[PCI_FUNCTIONS];
	struct bus *ports, *memory;
};

/* The mechanism's ports (offset 0: 0xCF8), and its memory (offset into the buses' space). */
extern const struct chip_ops pci_ops;
extern const struct chip_ops pci_ecam_ops;

void pci_init(struct pci *pci, struct bus *ports, struct bus *memory);
/* Puts both mechanisms on their buses; `ecam` 0: without the second. */
enum error pci_attach(struct pci *pci, uint64_t ecam, uint64_t ecam_size,
		      struct reason *why) must_check;

/* --- functions --------------------------------------------------------------------------------- */

struct pci_identity {
	uint16_t vendor, device, subsystem_vendor, subsystem;
	uint32_t class_code; /* class << 16 | subclass << 8 | interface */
	uint8_t revision, header_type, interrupt_pin;
};

/* An empty type 0 header with that identity. Its BARs and capabilities come next, then
 * pci_add_function(). */
void pci_function_init(struct pci_function *f, const struct pci_identity *identity);

/* Registers of `width` bytes at `offset`, with the bits that the guest may change. */
void pci_function_set(struct pci_function *f, unsigned offset, unsigned width, uint32_t value,
		      uint32_t writable);
uint32_t pci_function_get(const struct pci_function *f, unsigned offset, unsigned width);

void pci_function_set_bar(struct pci_function *f, unsigned number, const struct pci_bar *bar);

/* Appends a capability of `length` bytes, its two-byte head included, and returns its offset; 0 when
 * there is no room. */
unsigned pci_function_add_capability(struct pci_function *f, uint8_t id, unsigned length);

/* From now on its present registers are those after a reset. ResourceBusy when the place is taken. */
enum error pci_add_function(struct pci *pci, unsigned devfn, struct pci_function *f,
			    struct reason *why) must_check;

/* Where firmware would put a BAR and switch it on: for a machine that starts without. */
void pci_place_bar(struct pci *pci, struct pci_function *f, unsigned number, uint64_t address);

/* Moves the function's windows to where its registers say; for chips that change them. */
void pci_update_windows(struct pci *pci, struct pci_function *f);

/* Drives the function's interrupt pin, which the guest can disable. */
void pci_set_intx(struct pci_function *f, bool asserted);

#endif
