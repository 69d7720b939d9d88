/* The registers of before version 1, in ports. A queue is one stretch of pages, whose number the
 * driver writes; its size is the device's, and features are agreed upon without FEATURES_OK. The
 * numbers are in the guest's byte order, which on a PC is the same. "Legacy Interfaces: A Note on PCI
 * Device Layout" and "Legacy Interfaces: A Note on Virtqueue Layout". */
#include "device/virtio_pci.h"

#include "lib/bits.h"

enum legacy_register {
	DEVICE_FEATURES = 0x00, /* 32 bits */
	DRIVER_FEATURES = 0x04, /* 32 bits */
	QUEUE_PAGE = 0x08,      /* 32 bits */
	QUEUE_SIZE = 0x0c,
	QUEUE_SELECT = 0x0e,
	QUEUE_NOTIFY = 0x10,
	DEVICE_STATUS = 0x12, /* 8 bits */
	ISR_STATUS = 0x13,    /* 8 bits */
	CONFIG_VECTOR = 0x14, /* this and the next: only while MSI-X is enabled */
	QUEUE_VECTOR = 0x16,
};

#define CONFIG_PLAIN     0x14 /* where the device's configuration begins without MSI-X */
#define CONFIG_WITH_MSIX 0x18

#define DESCRIPTOR_SIZE 16

static struct virtio_pci *device_of(void *chip)
{
	return ((struct virtio_pci_legacy *)chip)->device;
}

static unsigned config_start(const struct virtio_pci *device)
{
	return pci_msix_is_enabled(&device->msix) ? CONFIG_WITH_MSIX : CONFIG_PLAIN;
}

static uint64_t legacy_read(void *chip, uint64_t offset, unsigned width)
{
	struct virtio_pci *device = device_of(chip);
	const struct virtio_pci_queue *queue = virtio_pci_selected(device);

	if (offset >= config_start(device))
		return virtio_pci_read_config(device, offset - config_start(device), width);
	switch (offset) {
	case DEVICE_FEATURES:
		return (uint32_t)virtio_pci_offered(device, true);
	case DRIVER_FEATURES:
		return (uint32_t)device->accepted;
	case QUEUE_PAGE:
		return queue && queue->enabled ? queue->ring.descriptors >> PAGE_SHIFT : 0;
	case QUEUE_SIZE:
		return queue ? queue->ring.size : 0;
	case QUEUE_SELECT:
		return device->queue_select;
	case DEVICE_STATUS:
		return device->status;
	case ISR_STATUS:
		return virtio_pci_read_isr(device);
	case CONFIG_VECTOR:
		return device->config_vector;
	case QUEUE_VECTOR:
		return queue ? queue->vector : VIRTIO_PCI_NO_VECTOR;
	default:
		return 0;
	}
}

/* The used ring begins at the next page behind the available one, its event index included. Page 0
 * takes the queue away, and with it what the device was doing there. */
static void place_queue(struct virtio_pci *device, struct virtio_pci_queue *queue, uint32_t page)
{
	struct virtqueue *ring = &queue->ring;
	uint64_t at = (uint64_t)page << PAGE_SHIFT, size = VIRTQUEUE_SIZE;

	device->type.reset(device->type.context);
	queue->enabled = false;
	if (!page)
		return;
	device->legacy = true;
	ring->size = (uint16_t)size;
	ring->descriptors = at;
	ring->available = at + DESCRIPTOR_SIZE * size;
	ring->used = align_up(ring->available + sizeof(uint16_t) * (3 + size), PAGE_SIZE);
	virtio_pci_enable(device, queue);
}

static void write_queue(struct virtio_pci *device, struct virtio_pci_queue *queue, uint64_t offset,
			uint32_t value)
{
	if (offset == QUEUE_PAGE)
		place_queue(device, queue, value);
	else if (offset == QUEUE_VECTOR)
		queue->vector = virtio_pci_vector(device, (uint16_t)value);
}

static void legacy_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct virtio_pci *device = device_of(chip);
	struct virtio_pci_queue *queue = virtio_pci_selected(device);

	if (offset >= config_start(device))
		return;
	switch (offset) {
	case DRIVER_FEATURES:
		device->accepted = (uint32_t)value & virtio_pci_offered(device, true);
		break;
	case QUEUE_SELECT:
		device->queue_select = (uint16_t)value;
		break;
	case QUEUE_NOTIFY:
		virtio_pci_notify(device, (uint16_t)value);
		break;
	case DEVICE_STATUS:
		virtio_pci_set_status(device, (uint8_t)value);
		break;
	case CONFIG_VECTOR:
		device->config_vector = virtio_pci_vector(device, (uint16_t)value);
		break;
	default:
		if (queue)
			write_queue(device, queue, offset, (uint32_t)value);
		break;
	}
}

const struct chip_ops virtio_pci_legacy_ops = {
	.name = "virtio legacy",
	.read = legacy_read,
	.write = legacy_write,
};
