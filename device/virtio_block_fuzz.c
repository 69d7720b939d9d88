/* A hostile driver: any program of writes to the disk's registers, by all ways to them, and to the
 * memory of its rings, some of it good enough to get requests served. Nothing of the machine is
 * touched but the disk and the guest's RAM, each call moves no more than a step, and time that goes
 * on brings it to rest. */
#include "device/virtio_block.h"

#include <stdlib.h>

#include "lib/assert.h"
#include "lib/bits.h"
#include "tests/host/virtio_ring.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DISK      (300 * VIRTIO_BLOCK_SECTOR - 7)
#define SLOT      PCI_DEVFN(3, 0)
#define PORTS_AT  0xc000u
#define MEMORY_AT 0xc0000000u
#define MSIX_AT   0xc0008000u

/* Four bytes an operation. */
#define OPERATION 4

/* A step, and the last request that it begins. */
#define MOST_MOVED (2 * VIRTIO_BLOCK_STEP)
#define MOST_STEPS 4096

static struct bus ports, memory_bus;
static struct pci pci;
static struct virtio_block block;
static uint64_t moved;
static bool pin;

static bool counting_read(void *context, uint64_t at, void *to, uint64_t length)
{
	moved += length;
	return ram_read(context, at, to, length);
}

static bool counting_write(void *context, uint64_t at, const void *from, uint64_t length)
{
	moved += length;
	return ram_write(context, at, from, length);
}

static void drive(void *context, unsigned number, bool level)
{
	pin = level;
}

static void check(void)
{
	bool msix = pci_msix_is_enabled(&block.pci.msix);

	assert(!pin || !msix);
	assert(block.request.done <= block.request.total || !block.request.active);
	assert(!block.request.active || block.request.at + block.request.total <= block.capacity);
}

static void make(uint8_t *bytes)
{
	const struct virtio_block_setup setup = {
		.bytes = bytes,
		.length = DISK,
		.transitional = true,
		.id = "fuzz",
		.memory = { NULL, counting_read, counting_write },
	};
	struct pci_function *f = &block.pci.function;

	memset(ram, 0, RING_BUFFERS - RAM_START + 0x4000);
	ports = memory_bus = (struct bus) { .count = 0 };
	pin = false;
	pci_init(&pci, &ports, &memory_bus);
	if (pci_attach(&pci, 0, 0, NULL) || virtio_block_init(&block, &setup, NULL))
		abort();
	f->intx.set = drive;
	f->config[PCI_COMMAND] |= PCI_COMMAND_MASTER;
	if (pci_add_function(&pci, SLOT, f, NULL))
		abort();
	pci_place_bar(&pci, f, VIRTIO_PCI_LEGACY_BAR, PORTS_AT);
	pci_place_bar(&pci, f, VIRTIO_PCI_BAR, MEMORY_AT);
	pci_place_bar(&pci, f, VIRTIO_PCI_MSIX_BAR, MSIX_AT);
}

/* A driver's good start, one way or the other. */
static void start(bool legacy, uint8_t features)
{
	if (legacy) {
		bus_write(&ports, 0, PORTS_AT + 4, 4, (uint64_t)features << 24);
		bus_write(&ports, 0, PORTS_AT + 8, 4, RAM_START >> PAGE_SHIFT);
		bus_write(&ports, 0, PORTS_AT + 18, 1, 7);
		return;
	}
	bus_write(&memory_bus, 0, MEMORY_AT + 8, 4, 0);
	bus_write(&memory_bus, 0, MEMORY_AT + 12, 4, (uint64_t)(features & 0x30) << 24);
	bus_write(&memory_bus, 0, MEMORY_AT + 8, 4, 1);
	bus_write(&memory_bus, 0, MEMORY_AT + 12, 4, 1);
	bus_write(&memory_bus, 0, MEMORY_AT + 20, 1, 11);
	bus_write(&memory_bus, 0, MEMORY_AT + 32, 8, RING_DESCRIPTORS);
	bus_write(&memory_bus, 0, MEMORY_AT + 40, 8, RING_AVAILABLE);
	bus_write(&memory_bus, 0, MEMORY_AT + 48, 8, RING_USED);
	bus_write(&memory_bus, 0, MEMORY_AT + 28, 2, 1);
	bus_write(&memory_bus, 0, MEMORY_AT + 20, 1, 15);
}

/* A request that may be good: header, data of up to the whole RAM, status. */
static void offer(uint8_t type, uint8_t sector, uint8_t length)
{
	static const uint8_t types[] = { 0, 1, 4, 8, 11, 13, 99, 0 };
	uint64_t header = RING_BUFFERS, data = RING_BUFFERS + 0x1000;

	store_u32(ram_at(header), types[type % 8]);
	store_u64(ram_at(header + 8), sector);
	store_u64(ram_at(data), sector);
	store_u32(ram_at(data + 8), length);
	store_u32(ram_at(data + 12), type >> 6);
	ring_describe(RING_DESCRIPTORS, 0, header, 16, DESC_NEXT, 1);
	ring_describe(RING_DESCRIPTORS, 1, data, length & 1 ? 16 : length * 1024u,
		      DESC_NEXT | (types[type % 8] == 0 || types[type % 8] == 8 ? DESC_WRITE : 0),
		      2);
	ring_describe(RING_DESCRIPTORS, 2, header + 32, 1, DESC_WRITE, 0);
	ring_offer(0, VIRTQUEUE_SIZE);
}

static void config_write(unsigned offset, unsigned width, uint32_t value)
{
	bus_write(&ports, 0, PCI_ADDRESS_PORT, 4, BIT(31) | SLOT << 8 | (offset & 0xfc));
	bus_write(&ports, 0, PCI_DATA_PORT, width, value);
	bus_read(&ports, 0, PCI_DATA_PORT, width);
}

/* A write to a register, by one of the ways to it. */
static void write_register(const uint8_t *op, unsigned width, uint64_t value)
{
	unsigned where = op[1];

	switch (op[0] & 15) {
	case 3:
		bus_write(&memory_bus, 0, MEMORY_AT + VIRTIO_PCI_NOTIFY, 2, 0);
		break;
	case 4:
		bus_write(&memory_bus, 0, MEMORY_AT + where % 64, width, value);
		break;
	case 5:
		bus_write(&ports, 0, PORTS_AT + where % 32, width, value);
		break;
	case 6:
		bus_write(&memory_bus, 0, MSIX_AT + where % 64, width, value);
		break;
	case 7:
		config_write(where, width & 7, (uint32_t)value);
		break;
	case 13:
		config_write(block.pci.access + (where & 0x1c), width & 7, (uint32_t)value);
		break;
	default:
		bus_write(&ports, 0, PORTS_AT + 16, 2, 0);
		break;
	}
}

static void operate(const uint8_t *op)
{
	unsigned width = 1u << (op[0] >> 4 & 3), where = op[1];
	uint64_t value = load_u16(op + 2);

	switch (op[0] & 15) {
	case 0:
		start(op[1] & 1, op[2]);
		break;
	case 1:
	case 2:
		offer(op[1], op[2], op[3]);
		break;
	case 8: /* any word of the rings */
		store_u16(ram_at(RAM_START + (where * 64u + (op[0] >> 4)) % 0x2000),
			  (uint16_t)value);
		break;
	case 9: /* a descriptor */
		ring_describe(RING_DESCRIPTORS, where % VIRTQUEUE_SIZE, RAM_START + value * 32,
			      value * 8, op[0] >> 4, op[2] % 140);
		break;
	case 10:
		ring_offer(where % 140, VIRTQUEUE_SIZE);
		break;
	case 11:
		virtio_block_ops.advance(&block, block.resume);
		break;
	case 12:
		bus_read(&memory_bus, 0, MEMORY_AT + value % VIRTIO_PCI_SIZE, width);
		bus_read(&ports, 0, PORTS_AT + where % VIRTIO_PCI_LEGACY_SIZE, width);
		break;
	case 14:
		virtio_block_ops.reset(&block);
		pci_ops.reset(&pci);
		break;
	default:
		write_register(op, width, value);
		break;
	}
}

/* Unless the driver has taken the bus away, what it asked for ends some time. */
static void come_to_rest(void)
{
	unsigned steps = 0;

	while (virtio_block_ops.next(&block) != DEVICE_NEVER) {
		assert(++steps < MOST_STEPS);
		virtio_block_ops.advance(&block, virtio_block_ops.next(&block));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(DISK);

	memset(bytes, 0x5a, DISK);
	make(bytes);
	for (; size >= OPERATION; data += OPERATION, size -= OPERATION) {
		moved = 0;
		operate(data);
		assert(moved <= MOST_MOVED);
		check();
	}
	come_to_rest();
	free(bytes);
	return 0;
}
