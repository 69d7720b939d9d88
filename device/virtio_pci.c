/* The function, its interrupts and its state; what the driver's windows show of it is in
 * virtio_pci_modern.c and virtio_pci_legacy.c. */
#include "device/virtio_pci.h"

#include "lib/bits.h"
#include "lib/string.h"

#define TRANSITIONAL_REVISION 0
#define MODERN_REVISION       1

/* "ISR status capability" */
#define ISR_QUEUE  0x1
#define ISR_CONFIG 0x2

#define STATUS_OF_DRIVER                                                              \
	(VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER | VIRTIO_STATUS_DRIVER_OK | \
	 VIRTIO_STATUS_FEATURES_OK | VIRTIO_STATUS_FAILED)

/* "Virtio Structure PCI Capabilities": struct virtio_pci_cap, and what follows it in two kinds. */
#define CAPABILITY_ID     0x09 /* vendor-specific */
#define CAPABILITY_LENGTH 16
#define EXTENDED_LENGTH   20

#define CAPABILITY_LENGTH_FIELD 2
#define CAPABILITY_TYPE         3
#define CAPABILITY_BAR          4
#define CAPABILITY_OFFSET       8
#define CAPABILITY_SIZE         12
#define CAPABILITY_EXTENSION    16 /* notification stride, or the data of an access */

enum capability_type {
	TYPE_COMMON = 1,
	TYPE_NOTIFY = 2,
	TYPE_ISR = 3,
	TYPE_DEVICE = 4,
	TYPE_ACCESS = 5,
};

/* --- interrupts ------------------------------------------------------------------------------ */

/* The pin follows the ISR, and is silent once there are messages. */
static void update_pin(struct virtio_pci *device)
{
	pci_set_intx(&device->function, device->isr && !pci_msix_is_enabled(&device->msix));
}

static void interrupt(struct virtio_pci *device, uint8_t cause, uint16_t vector)
{
	if (pci_msix_is_enabled(&device->msix)) {
		pci_msix_raise(&device->msix, vector);
		return;
	}
	device->isr |= cause;
	update_pin(device);
}

uint8_t virtio_pci_read_isr(struct virtio_pci *device)
{
	uint8_t isr = device->isr;

	device->isr = 0;
	update_pin(device);
	return isr;
}

uint16_t virtio_pci_vector(const struct virtio_pci *device, uint16_t vector)
{
	return vector < device->msix.vectors ? vector : VIRTIO_PCI_NO_VECTOR;
}

/* --- queues ---------------------------------------------------------------------------------- */

struct virtio_pci_queue *virtio_pci_selected(struct virtio_pci *device)
{
	return device->queue_select < device->type.queues ? &device->queues[device->queue_select]
							  : NULL;
}

void virtio_pci_enable(struct virtio_pci *device, struct virtio_pci_queue *queue)
{
	queue->ring.indirect = device->accepted & VIRTIO_F_INDIRECT_DESC;
	queue->ring.event_index = device->accepted & VIRTIO_F_EVENT_IDX;
	virtqueue_start(&queue->ring);
	queue->enabled = true;
}

/* Drivers of the legacy interface may use a queue before they say DRIVER_OK. */
struct virtqueue *virtio_pci_queue(struct virtio_pci *device, unsigned n)
{
	bool ready = device->legacy || (device->status & VIRTIO_STATUS_DRIVER_OK);
	bool master = pci_function_get(&device->function, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;

	if (!ready || !master || (device->status & VIRTIO_STATUS_NEEDS_RESET) ||
	    n >= device->type.queues || !device->queues[n].enabled)
		return NULL;
	return &device->queues[n].ring;
}

void virtio_pci_notify(struct virtio_pci *device, unsigned n)
{
	if (virtio_pci_queue(device, n))
		device->type.notified(device->type.context, n);
}

static void notify_all(struct virtio_pci *device)
{
	for (unsigned i = 0; i < device->type.queues; i++)
		virtio_pci_notify(device, i);
}

void virtio_pci_used(struct virtio_pci *device, unsigned n)
{
	bool wanted = false;

	if (!virtqueue_wants_interrupt(&device->queues[n].ring, &wanted))
		virtio_pci_fail(device);
	else if (wanted)
		interrupt(device, ISR_QUEUE, device->queues[n].vector);
}

void virtio_pci_fail(struct virtio_pci *device)
{
	device->status |= VIRTIO_STATUS_NEEDS_RESET;
	if (device->status & VIRTIO_STATUS_DRIVER_OK)
		interrupt(device, ISR_CONFIG, device->config_vector);
}

/* --- status and features --------------------------------------------------------------------- */

uint64_t virtio_pci_offered(const struct virtio_pci *device, bool legacy)
{
	return device->type.features | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX |
	       (legacy ? VIRTIO_F_ANY_LAYOUT : VIRTIO_F_VERSION_1);
}

/* "Driver Requirements: Feature Bits": what was not offered, and to go without VERSION_1 on the
 * interface of version 1, is refused. */
static bool features_are_good(const struct virtio_pci *device)
{
	return !(device->accepted & ~virtio_pci_offered(device, false)) &&
	       (device->accepted & VIRTIO_F_VERSION_1);
}

static void reset(struct virtio_pci *device)
{
	device->status = 0;
	device->isr = 0;
	device->legacy = false;
	device->accepted = 0;
	device->offered_select = device->accepted_select = 0;
	device->queue_select = 0;
	device->config_vector = VIRTIO_PCI_NO_VECTOR;
	for (unsigned i = 0; i < VIRTIO_PCI_QUEUES; i++)
		device->queues[i] = (struct virtio_pci_queue) {
			.ring = { .memory = &device->memory, .size = VIRTQUEUE_SIZE },
			.vector = VIRTIO_PCI_NO_VECTOR,
		};
	device->type.reset(device->type.context);
}

void virtio_pci_set_status(struct virtio_pci *device, uint8_t status)
{
	uint8_t old = device->status;

	if (!status) {
		reset(device);
		update_pin(device);
		return;
	}
	device->status = (status & STATUS_OF_DRIVER) | (old & VIRTIO_STATUS_NEEDS_RESET);
	if ((status & ~old & VIRTIO_STATUS_FEATURES_OK) && !device->legacy &&
	    !features_are_good(device))
		device->status &= (uint8_t)~VIRTIO_STATUS_FEATURES_OK;
	if (device->status & ~old & VIRTIO_STATUS_DRIVER_OK)
		notify_all(device);
}

void virtio_pci_reset(struct virtio_pci *device)
{
	reset(device);
	pci_msix_reset(&device->msix);
}

uint64_t virtio_pci_read_config(const struct virtio_pci *device, uint64_t offset, unsigned width)
{
	uint64_t value = 0;

	if (offset >= device->type.config_length)
		return 0;
	if (width > device->type.config_length - offset)
		width = (unsigned)(device->type.config_length - offset);
	memcpy(&value, device->type.config + offset, width);
	return value;
}

/* --- configuration space --------------------------------------------------------------------- */

/* "PCI configuration access capability": the same registers, for who cannot reach a BAR. Null when
 * the driver wrote nonsense there. */
static const struct chip_ops *accessed(struct virtio_pci *device, void **chip, uint64_t *offset,
				       unsigned *width)
{
	const struct pci_function *f = &device->function;
	uint32_t bar = pci_function_get(f, device->access + CAPABILITY_BAR, 1);

	*offset = pci_function_get(f, device->access + CAPABILITY_OFFSET, 4);
	*width = pci_function_get(f, device->access + CAPABILITY_SIZE, 4);
	if (bar >= PCI_BARS || f->bars[bar].kind == PCI_BAR_NONE ||
	    (*width != 1 && *width != 2 && *width != 4) || *offset % *width ||
	    *offset >= f->bars[bar].size)
		return NULL;
	*chip = f->bars[bar].chip;
	return f->bars[bar].ops;
}

static bool overlaps(unsigned at, unsigned length, unsigned offset, unsigned width)
{
	return ranges_overlap(at, length, offset, width);
}

static void before_read(void *context, unsigned offset, unsigned width)
{
	struct virtio_pci *device = (struct virtio_pci *)context;
	unsigned data = device->access + CAPABILITY_EXTENSION, length;
	uint64_t at, value;
	void *chip;

	if (!overlaps(data, sizeof(uint32_t), offset, width))
		return;
	const struct chip_ops *ops = accessed(device, &chip, &at, &length);
	if (!ops)
		return;
	value = ops->read(chip, at, length);
	memcpy(device->function.config + data, &value, length);
}

static void after_write(void *context, unsigned offset, unsigned width)
{
	struct virtio_pci *device = (struct virtio_pci *)context;
	unsigned data = device->access + CAPABILITY_EXTENSION, length;
	uint64_t at, value = 0;
	void *chip;

	/* MSI-X or the bus may have been switched on or off. */
	update_pin(device);
	pci_msix_update(&device->msix);
	if (overlaps(PCI_COMMAND, 2, offset, width))
		notify_all(device);
	if (!overlaps(data, sizeof(uint32_t), offset, width))
		return;
	const struct chip_ops *ops = accessed(device, &chip, &at, &length);
	if (!ops)
		return;
	memcpy(&value, device->function.config + data, length);
	ops->write(chip, at, length, value);
}

/* --- making ---------------------------------------------------------------------------------- */

/* Returns the capability's offset; 0: no room. */
static unsigned add_structure(struct virtio_pci *device, enum capability_type type, uint32_t offset,
			      uint32_t size)
{
	bool extended = type == TYPE_NOTIFY || type == TYPE_ACCESS;
	uint32_t length = extended ? EXTENDED_LENGTH : CAPABILITY_LENGTH;
	uint32_t writable = type == TYPE_ACCESS ? UINT32_MAX : 0;
	struct pci_function *f = &device->function;
	unsigned at = pci_function_add_capability(f, CAPABILITY_ID, length);

	if (!at)
		return 0;
	pci_function_set(f, at + CAPABILITY_LENGTH_FIELD, 1, length, 0);
	pci_function_set(f, at + CAPABILITY_TYPE, 1, type, 0);
	pci_function_set(f, at + CAPABILITY_BAR, 1, writable ? 0 : VIRTIO_PCI_BAR, writable);
	pci_function_set(f, at + CAPABILITY_OFFSET, 4, offset, writable);
	pci_function_set(f, at + CAPABILITY_SIZE, 4, size, writable);
	if (extended)
		pci_function_set(f, at + CAPABILITY_EXTENSION, 4,
				 type == TYPE_NOTIFY ? VIRTIO_PCI_NOTIFY_STRIDE : 0, writable);
	return at;
}

static bool add_structures(struct virtio_pci *device)
{
	const struct virtio_type *type = &device->type;

	if (!add_structure(device, TYPE_COMMON, VIRTIO_PCI_COMMON, VIRTIO_PCI_COMMON_SIZE) ||
	    !add_structure(device, TYPE_ISR, VIRTIO_PCI_ISR, 1) ||
	    !add_structure(device, TYPE_DEVICE, VIRTIO_PCI_DEVICE_CONFIG, type->config_length) ||
	    !add_structure(device, TYPE_NOTIFY, VIRTIO_PCI_NOTIFY,
			   type->queues * VIRTIO_PCI_NOTIFY_STRIDE))
		return false;
	device->access = add_structure(device, TYPE_ACCESS, 0, 0);
	return device->access;
}

static void add_bars(struct virtio_pci *device, bool transitional)
{
	const struct pci_bar memory = {
		.kind = PCI_BAR_MEMORY,
		.size = VIRTIO_PCI_SIZE,
		.widest = 4,
		.ops = &virtio_pci_ops,
		.chip = device,
	};
	const struct pci_bar ports = {
		.kind = PCI_BAR_IO,
		.size = VIRTIO_PCI_LEGACY_SIZE,
		.widest = 4,
		.ops = &virtio_pci_legacy_ops,
		.chip = &device->legacy_window,
	};

	pci_function_set_bar(&device->function, VIRTIO_PCI_BAR, &memory);
	if (transitional)
		pci_function_set_bar(&device->function, VIRTIO_PCI_LEGACY_BAR, &ports);
}

enum error virtio_pci_init(struct virtio_pci *device, const struct virtio_pci_setup *setup,
			   struct reason *why)
{
	const struct virtio_type *type = &setup->type;
	uint16_t id = setup->transitional_id;
	const struct pci_identity identity = {
		.vendor = VIRTIO_PCI_VENDOR,
		.device = id ? id : (uint16_t)VIRTIO_PCI_DEVICE(type->id),
		.subsystem_vendor = VIRTIO_PCI_VENDOR,
		.subsystem = type->id,
		.class_code = type->class_code,
		.revision = id ? TRANSITIONAL_REVISION : MODERN_REVISION,
		.interrupt_pin = 1,
	};

	*device = (struct virtio_pci) { .type = *type, .memory = setup->memory };
	device->legacy_window.device = device;
	pci_function_init(&device->function, &identity);
	device->function.context = device;
	device->function.reads = before_read;
	device->function.written = after_write;
	add_bars(device, id);
	if (!type->queues || type->queues > VIRTIO_PCI_QUEUES ||
	    type->config_length > VIRTIO_PCI_CONFIG_SIZE || !add_structures(device) ||
	    !pci_msix_init(&device->msix, &device->function, type->queues + 1, VIRTIO_PCI_MSIX_BAR))
		return reason_set(
			why, ERROR_INVALID_INPUT,
			"virtio device type %u: %u queues and %u bytes of configuration do "
			"not fit",
			type->id, type->queues, type->config_length);
	device->msix.send = setup->send;
	device->msix.context = setup->send_context;
	reset(device);
	return ERROR_NONE;
}
