/* Virtio over PCI: a function by which a driver finds a virtio device, negotiates features, places
 * queues and is interrupted. A transitional one also has the interface of before version 1, in I/O
 * ports. Virtual I/O Device (VIRTIO) 1.2, "Virtio Over PCI Bus", and for the legacy interface its
 * "Legacy Interfaces: A Note on PCI Device Layout". Pure; the caller serialises. */
#ifndef DEVICE_VIRTIO_PCI_H
#define DEVICE_VIRTIO_PCI_H

#include "device/chip.h"
#include "device/pci.h"
#include "device/pci_msix.h"
#include "device/virtio.h"
#include "device/virtqueue.h"
#include "lib/error.h"
#include "lib/types.h"

#define VIRTIO_PCI_VENDOR            0x1af4
#define VIRTIO_PCI_DEVICE(type)      (0x1040 + (type))
#define VIRTIO_PCI_TRANSITIONAL_DISK 0x1001

/* Base address registers. */
#define VIRTIO_PCI_LEGACY_BAR 0 /* ports; of a transitional device */
#define VIRTIO_PCI_MSIX_BAR   1
#define VIRTIO_PCI_BAR        4 /* all other structures */

#define VIRTIO_PCI_LEGACY_SIZE 128
#define VIRTIO_PCI_SIZE        0x4000

/* Structures in VIRTIO_PCI_BAR, a page each. */
#define VIRTIO_PCI_COMMON        0x0000
#define VIRTIO_PCI_ISR           0x1000
#define VIRTIO_PCI_DEVICE_CONFIG 0x2000
#define VIRTIO_PCI_NOTIFY        0x3000

#define VIRTIO_PCI_COMMON_SIZE   56
#define VIRTIO_PCI_CONFIG_SIZE   100 /* the most that also fits into the ports */
#define VIRTIO_PCI_NOTIFY_STRIDE 4   /* bytes between the notification addresses of two queues */
#define VIRTIO_PCI_NO_VECTOR     0xffff

#define VIRTIO_PCI_QUEUES 2 /* of a device, at most */

struct virtio_pci_queue {
	struct virtqueue ring;
	bool enabled;
	uint16_t vector;
};

struct virtio_pci {
	struct pci_function function;
	struct pci_msix msix;
	struct virtio_type type;
	struct device_memory memory;
	/* The legacy interface is another window, which needs a pointer of its own. */
	struct virtio_pci_legacy {
		struct virtio_pci *device;
	} legacy_window;
	unsigned access; /* the capability of "PCI configuration access" in configuration space */

	uint8_t status, isr;
	bool legacy;       /* a driver has placed its queues by the legacy interface */
	uint64_t accepted; /* features that the driver accepted */
	uint32_t offered_select, accepted_select;
	uint16_t config_vector, queue_select;
	struct virtio_pci_queue queues[VIRTIO_PCI_QUEUES];
};

/* VIRTIO_PCI_BAR and the ports. */
extern const struct chip_ops virtio_pci_ops;
extern const struct chip_ops virtio_pci_legacy_ops;

struct virtio_pci_setup {
	struct virtio_type type;
	/* A transitional device has this device id; 0: the device has no legacy interface. */
	uint16_t transitional_id;
	struct device_memory memory;
	/* Messages to the interrupt controllers. */
	void (*send)(void *context, uint64_t address, uint32_t data);
	void *send_context;
};

/* A function with its BARs and capabilities, for pci_add_function(). Its pin leads nowhere yet.
 * InvalidInput when the type asks for more than there is. */
enum error virtio_pci_init(struct virtio_pci *device, const struct virtio_pci_setup *setup,
			   struct reason *why) must_check;

/* RESET#, besides what resets the function's configuration. */
void virtio_pci_reset(struct virtio_pci *device);

/* --- for the device behind it ---------------------------------------------------------------- */

/* Queue `n` when the device may work on it, else null: the driver is not ready, the queue is not
 * enabled, the function may be no bus master, or the device needs a reset. */
struct virtqueue *virtio_pci_queue(struct virtio_pci *device, unsigned n);

/* Buffers of queue `n` were used: interrupts, if the driver wishes. */
void virtio_pci_used(struct virtio_pci *device, unsigned n);

/* The rings make no sense: the device needs a reset, and says so. */
void virtio_pci_fail(struct virtio_pci *device);

/* --- between its files ----------------------------------------------------------------------- */

uint64_t virtio_pci_offered(const struct virtio_pci *device, bool legacy);
/* The queue that queue_select names, or null. */
struct virtio_pci_queue *virtio_pci_selected(struct virtio_pci *device);
/* The rings have their places: the device looks at them from now on. */
void virtio_pci_enable(struct virtio_pci *device, struct virtio_pci_queue *queue);
void virtio_pci_set_status(struct virtio_pci *device, uint8_t status);
void virtio_pci_notify(struct virtio_pci *device, unsigned n);
/* Of the ISR status register, which this clears. */
uint8_t virtio_pci_read_isr(struct virtio_pci *device);
/* What a vector register keeps of `vector`. */
uint16_t virtio_pci_vector(const struct virtio_pci *device, uint16_t vector);
/* [offset, offset + width) of the device's configuration; zeros behind its end. */
uint64_t virtio_pci_read_config(const struct virtio_pci *device, uint64_t offset, unsigned width);

#endif
