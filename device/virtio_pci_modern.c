/* The registers of version 1 and later, in memory: common configuration, ISR status, the device's
 * configuration, notifications. "Common configuration structure layout". */
#include "device/virtio_pci.h"

#include "lib/bits.h"
#include "lib/string.h"

struct common {
	uint32_t device_feature_select, device_feature;
	uint32_t driver_feature_select, driver_feature;
	uint16_t config_msix_vector, num_queues;
	uint8_t device_status, config_generation;
	uint16_t queue_select, queue_size, queue_msix_vector, queue_enable, queue_notify_off;
	uint64_t queue_desc, queue_driver, queue_device; /* accessed by halves */
};
_Static_assert(sizeof(struct common) == VIRTIO_PCI_COMMON_SIZE, "virtio: common configuration");

#define WORD_BITS 32

static uint32_t half(uint64_t value, uint32_t which)
{
	return which < 2 ? (uint32_t)(value >> (which * WORD_BITS)) : 0;
}

static void set_half(uint64_t *value, unsigned which, uint32_t to)
{
	unsigned shift = which * WORD_BITS;

	*value = (*value & ~((uint64_t)UINT32_MAX << shift)) | (uint64_t)to << shift;
}

/* --- reading --------------------------------------------------------------------------------- */

/* Queue size 0: there is no such queue. */
static void describe_queue(struct virtio_pci *device, struct common *c)
{
	const struct virtio_pci_queue *queue = virtio_pci_selected(device);

	c->queue_msix_vector = VIRTIO_PCI_NO_VECTOR;
	if (!queue)
		return;
	c->queue_size = queue->ring.size;
	c->queue_msix_vector = queue->vector;
	c->queue_enable = queue->enabled;
	c->queue_notify_off = device->queue_select;
	c->queue_desc = queue->ring.descriptors;
	c->queue_driver = queue->ring.available;
	c->queue_device = queue->ring.used;
}

static uint64_t read_common(struct virtio_pci *device, uint64_t offset, unsigned width)
{
	struct common c = {
		.device_feature_select = device->offered_select,
		.device_feature = half(virtio_pci_offered(device, false), device->offered_select),
		.driver_feature_select = device->accepted_select,
		.driver_feature = half(device->accepted, device->accepted_select),
		.config_msix_vector = device->config_vector,
		.num_queues = (uint16_t)device->type.queues,
		.device_status = device->status,
		.queue_select = device->queue_select,
	};
	uint64_t value = 0;

	describe_queue(device, &c);
	if (offset >= sizeof(c) || width > sizeof(c) - offset)
		return 0;
	memcpy(&value, (const uint8_t *)&c + offset, width);
	return value;
}

/* --- writing --------------------------------------------------------------------------------- */

/* What was agreed upon with FEATURES_OK stays. */
static void accept(struct virtio_pci *device, uint32_t features)
{
	if (device->status & VIRTIO_STATUS_FEATURES_OK)
		return;
	if (device->accepted_select < 2)
		set_half(&device->accepted, device->accepted_select, features);
}

static void set_queue_size(struct virtio_pci_queue *queue, uint16_t size)
{
	if (is_power_of_two(size) && size <= VIRTQUEUE_SIZE)
		queue->ring.size = size;
}

/* Registers of the selected queue. Once it is enabled, its rings stay where they are. */
static void write_queue(struct virtio_pci *device, struct virtio_pci_queue *queue, uint64_t offset,
			uint32_t value)
{
	unsigned which = offset & sizeof(uint32_t) ? 1 : 0;

	if (offset == offsetof(struct common, queue_msix_vector)) {
		queue->vector = virtio_pci_vector(device, (uint16_t)value);
		return;
	}
	if (queue->enabled)
		return;
	switch (offset & ~(uint64_t)sizeof(uint32_t)) {
	case offsetof(struct common, queue_desc):
		set_half(&queue->ring.descriptors, which, value);
		return;
	case offsetof(struct common, queue_driver):
		set_half(&queue->ring.available, which, value);
		return;
	case offsetof(struct common, queue_device):
		set_half(&queue->ring.used, which, value);
		return;
	}
	if (offset == offsetof(struct common, queue_size))
		set_queue_size(queue, (uint16_t)value);
	else if (offset == offsetof(struct common, queue_enable) && value == 1)
		virtio_pci_enable(device, queue);
}

/* The width of the field at `offset`, by which alone a driver may access it; the halves of 64-bit
 * fields count by themselves. */
static unsigned width_at(uint64_t offset)
{
	if (offset < offsetof(struct common, config_msix_vector) ||
	    offset >= offsetof(struct common, queue_desc))
		return 4;
	return offset == offsetof(struct common, device_status) ? 1 : 2;
}

static void write_common(struct virtio_pci *device, uint64_t offset, unsigned width, uint32_t value)
{
	struct virtio_pci_queue *queue = virtio_pci_selected(device);

	if (offset >= sizeof(struct common) || width != width_at(offset) || offset % width)
		return;
	switch (offset) {
	case offsetof(struct common, device_feature_select):
		device->offered_select = value;
		break;
	case offsetof(struct common, driver_feature_select):
		device->accepted_select = value;
		break;
	case offsetof(struct common, driver_feature):
		accept(device, value);
		break;
	case offsetof(struct common, config_msix_vector):
		device->config_vector = virtio_pci_vector(device, (uint16_t)value);
		break;
	case offsetof(struct common, device_status):
		virtio_pci_set_status(device, (uint8_t)value);
		break;
	case offsetof(struct common, queue_select):
		device->queue_select = (uint16_t)value;
		break;
	default:
		if (queue && offset > offsetof(struct common, queue_select))
			write_queue(device, queue, offset, value);
		break;
	}
}

/* --- the window ------------------------------------------------------------------------------ */

static uint64_t region_of(uint64_t offset)
{
	return align_down(offset, PAGE_SIZE);
}

static uint64_t modern_read(void *chip, uint64_t offset, unsigned width)
{
	struct virtio_pci *device = (struct virtio_pci *)chip;
	uint64_t in_region = offset - region_of(offset);

	switch (region_of(offset)) {
	case VIRTIO_PCI_COMMON:
		return read_common(device, in_region, width);
	case VIRTIO_PCI_ISR:
		return in_region ? 0 : virtio_pci_read_isr(device);
	case VIRTIO_PCI_DEVICE_CONFIG:
		return virtio_pci_read_config(device, in_region, width);
	default:
		return 0;
	}
}

static void modern_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct virtio_pci *device = (struct virtio_pci *)chip;
	uint64_t in_region = offset - region_of(offset);

	if (region_of(offset) == VIRTIO_PCI_COMMON)
		write_common(device, in_region, width, (uint32_t)value);
	else if (region_of(offset) == VIRTIO_PCI_NOTIFY)
		virtio_pci_notify(device, (unsigned)(in_region / VIRTIO_PCI_NOTIFY_STRIDE));
}

const struct chip_ops virtio_pci_ops = {
	.name = "virtio",
	.read = modern_read,
	.write = modern_write,
};
