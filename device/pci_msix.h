/* MSI-X: a function's interrupts as messages, each from an entry of a table that the function shows
 * in a BAR. What may not be sent at present is pending, and goes when it may. PCI Local Bus
 * Specification 3.0, "MSI-X Capability and Table Structures". Pure; the caller serialises. */
#ifndef DEVICE_PCI_MSIX_H
#define DEVICE_PCI_MSIX_H

#include "device/chip.h"
#include "device/pci.h"
#include "lib/types.h"

#define PCI_MSIX_VECTORS  8 /* of a function, at most */
#define PCI_MSIX_ENTRY    16
#define PCI_MSIX_PENDING  0x800 /* where the pending bits lie in the BAR; the table is at 0 */
#define PCI_MSIX_BAR_SIZE 0x1000

struct pci_msix {
	struct pci_function *function;
	unsigned capability; /* its offset in configuration space */
	unsigned vectors;
	/* The message goes to the interrupt controllers. */
	void (*send)(void *context, uint64_t address, uint32_t data);
	void *context;
	uint8_t table[PCI_MSIX_VECTORS * PCI_MSIX_ENTRY];
	uint64_t pending; /* a bit each */
};

/* The BAR: table and pending bits. */
extern const struct chip_ops pci_msix_ops;

/* Gives the function the capability, with `vectors` of them behind BAR `bar`, which becomes a window
 * of `msix` in memory. False when configuration space has no room. `send` is the caller's to set. */
bool pci_msix_init(struct pci_msix *msix, struct pci_function *function, unsigned vectors,
		   unsigned bar) must_check;

/* Has the system switched to messages? The interrupt pin is silent then. */
bool pci_msix_is_enabled(const struct pci_msix *msix);

/* An interrupt of this vector; nothing when there is none such, or MSI-X is off. */
void pci_msix_raise(struct pci_msix *msix, unsigned vector);

/* Sends what waits and may go; after a write to the capability or the command register. */
void pci_msix_update(struct pci_msix *msix);

/* RESET#, besides what resets the function's configuration. */
void pci_msix_reset(struct pci_msix *msix);

#endif
