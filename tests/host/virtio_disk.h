/* A virtio disk on a PCI bus, and a driver for it: what tests of the transport and of the block
 * device share. */
#ifndef TESTS_HOST_VIRTIO_DISK_H
#define TESTS_HOST_VIRTIO_DISK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>

#include "device/virtio_block.h"
#include "tests/host/virtio_ring.h"

#define SLOT       PCI_DEVFN(3, 0)
#define PORTS_AT   0xc000u
#define MEMORY_AT  0xc0000000u
#define MESSAGE_AT 0xc0008000u

/* Registers of the common configuration. */
#define COMMON_DEVICE_SELECT  0x00
#define COMMON_DEVICE_FEATURE 0x04
#define COMMON_DRIVER_SELECT  0x08
#define COMMON_DRIVER_FEATURE 0x0c
#define COMMON_CONFIG_VECTOR  0x10
#define COMMON_QUEUES         0x12
#define COMMON_STATUS         0x14
#define COMMON_QUEUE_SELECT   0x16
#define COMMON_QUEUE_SIZE     0x18
#define COMMON_QUEUE_VECTOR   0x1a
#define COMMON_QUEUE_ENABLE   0x1c
#define COMMON_QUEUE_NOTIFY   0x1e
#define COMMON_QUEUE_RINGS    0x20

/* And of the legacy interface. */
#define LEGACY_FEATURES 0x00
#define LEGACY_ACCEPTED 0x04
#define LEGACY_PAGE     0x08
#define LEGACY_SIZE     0x0c
#define LEGACY_SELECT   0x0e
#define LEGACY_NOTIFY   0x10
#define LEGACY_STATUS   0x12
#define LEGACY_ISR      0x13

#define VERSION_1 (1ull << 32)
#define INDIRECT  (1ull << 28)
#define EVENT_IDX (1ull << 29)

/* The request that send_request() builds. */
#define HEADER_AT RING_BUFFERS
#define STATUS_AT (RING_BUFFERS + 0x800)
#define DATA_AT   (RING_BUFFERS + 0x1000)
#define NO_STATUS 0xee

static struct {
	struct bus ports, memory;
	struct pci pci;
	struct virtio_block block;
	uint8_t *bytes;
	bool pin;
	unsigned messages, busies;
	uint32_t message;
	device_time now;
} m;

static inline void disk_pin(void *context, unsigned number, bool level)
{
	m.pin = level;
}

static inline void disk_send(void *context, uint64_t address, uint32_t data)
{
	m.messages++;
	m.message = data;
}

static inline void disk_busy(void *context)
{
	m.busies++;
}

/* A disk of `length` bytes, each sector filled with its number. */
static inline void disk_make(uint64_t length, bool read_only, bool transitional)
{
	struct virtio_block_setup setup = {
		.length = length,
		.read_only = read_only,
		.transitional = transitional,
		.id = "a disk",
		.memory = ram_memory,
		.send = disk_send,
		.busy = disk_busy,
	};
	struct reason why;

	memset(ram, 0, sizeof(ram));
	ram_watcher = NULL;
	memset(&m, 0, sizeof(m));
	m.bytes = setup.bytes = malloc(length);
	for (uint64_t i = 0; i < length; i++)
		m.bytes[i] = (uint8_t)(i / VIRTIO_BLOCK_SECTOR);
	pci_init(&m.pci, &m.ports, &m.memory);
	assert_int_equal(pci_attach(&m.pci, 0, 0, &why), ERROR_NONE);
	assert_int_equal(virtio_block_init(&m.block, &setup, &why), ERROR_NONE);
	m.block.pci.function.intx.set = disk_pin;
	assert_int_equal(pci_add_function(&m.pci, SLOT, &m.block.pci.function, &why), ERROR_NONE);
	if (transitional)
		pci_place_bar(&m.pci, &m.block.pci.function, VIRTIO_PCI_LEGACY_BAR, PORTS_AT);
	pci_place_bar(&m.pci, &m.block.pci.function, VIRTIO_PCI_BAR, MEMORY_AT);
	pci_place_bar(&m.pci, &m.block.pci.function, VIRTIO_PCI_MSIX_BAR, MESSAGE_AT);
}

static inline int disk_free(void **state)
{
	free(m.bytes);
	m.bytes = NULL;
	return 0;
}

/* --- registers ------------------------------------------------------------------------------- */

static inline uint32_t config_get(unsigned offset, unsigned width)
{
	bus_write(&m.ports, m.now, PCI_ADDRESS_PORT, 4, 0x80000000u | SLOT << 8 | (offset & ~3u));
	return (uint32_t)bus_read(&m.ports, m.now, PCI_DATA_PORT + (offset & 3), width);
}

static inline void config_set(unsigned offset, unsigned width, uint32_t value)
{
	bus_write(&m.ports, m.now, PCI_ADDRESS_PORT, 4, 0x80000000u | SLOT << 8 | (offset & ~3u));
	bus_write(&m.ports, m.now, PCI_DATA_PORT + (offset & 3), width, value);
}

static inline void set_command(uint16_t command)
{
	config_set(PCI_COMMAND, 2, PCI_COMMAND_IO | PCI_COMMAND_MEMORY | command);
}

static inline uint64_t memory_get(unsigned offset, unsigned width)
{
	return bus_read(&m.memory, m.now, MEMORY_AT + offset, width);
}

static inline void memory_set(unsigned offset, unsigned width, uint64_t value)
{
	bus_write(&m.memory, m.now, MEMORY_AT + offset, width, value);
}

static inline uint32_t port_get(unsigned offset, unsigned width)
{
	return (uint32_t)bus_read(&m.ports, m.now, PORTS_AT + offset, width);
}

static inline void port_set(unsigned offset, unsigned width, uint32_t value)
{
	bus_write(&m.ports, m.now, PORTS_AT + offset, width, value);
}

/* Vector `n` with data 0x40 + n, all unmasked. */
static inline void enable_messages(unsigned vectors)
{
	unsigned capability = m.block.pci.msix.capability;

	for (unsigned n = 0; n < vectors; n++) {
		bus_write(&m.memory, m.now, MESSAGE_AT + n * 16, 8, 0xfee00000);
		bus_write(&m.memory, m.now, MESSAGE_AT + n * 16 + 8, 8, 0x40 + n);
	}
	config_set(capability + 2, 2, 0x8000);
}

/* --- drivers --------------------------------------------------------------------------------- */

static inline void accept_features(uint64_t features)
{
	memory_set(COMMON_STATUS, 1, 1);
	memory_set(COMMON_STATUS, 1, 3);
	for (unsigned i = 0; i < 2; i++) {
		memory_set(COMMON_DRIVER_SELECT, 4, i);
		memory_set(COMMON_DRIVER_FEATURE, 4, (uint32_t)(features >> (i * 32)));
	}
	memory_set(COMMON_STATUS, 1, 11);
}

static inline void place_queue(void)
{
	memory_set(COMMON_QUEUE_SELECT, 2, 0);
	memory_set(COMMON_QUEUE_RINGS, 8, RING_DESCRIPTORS);
	memory_set(COMMON_QUEUE_RINGS + 8, 8, RING_AVAILABLE);
	memory_set(COMMON_QUEUE_RINGS + 16, 8, RING_USED);
	memory_set(COMMON_QUEUE_ENABLE, 2, 1);
}

/* A driver of version 1, up to DRIVER_OK. */
static inline void start(uint64_t features)
{
	set_command(PCI_COMMAND_MASTER);
	accept_features(features | VERSION_1);
	place_queue();
	memory_set(COMMON_STATUS, 1, 15);
}

static inline void start_legacy(uint32_t features)
{
	set_command(PCI_COMMAND_MASTER);
	port_set(LEGACY_STATUS, 1, 3);
	port_set(LEGACY_ACCEPTED, 4, features);
	port_set(LEGACY_SELECT, 2, 0);
	port_set(LEGACY_PAGE, 4, RAM_START >> PAGE_SHIFT);
	port_set(LEGACY_STATUS, 1, 7);
}

static inline void notify(void)
{
	memory_set(VIRTIO_PCI_NOTIFY, 2, 0);
}

/* Header, data and status in descriptors 0 to 2; offered, but not notified. */
static inline void build_request(uint32_t type, uint64_t sector, uint64_t data, uint32_t length,
				 bool in)
{
	store_u32(ram_at(HEADER_AT), type);
	store_u64(ram_at(HEADER_AT + 8), sector);
	*ram_at(STATUS_AT) = NO_STATUS;
	ring_describe(RING_DESCRIPTORS, 0, HEADER_AT, 16, DESC_NEXT, length ? 1 : 2);
	ring_describe(RING_DESCRIPTORS, 1, data, length, DESC_NEXT | (in ? DESC_WRITE : 0), 2);
	ring_describe(RING_DESCRIPTORS, 2, STATUS_AT, 1, DESC_WRITE, 0);
	ring_offer(0, VIRTQUEUE_SIZE);
}

/* Sends it and returns the status. */
static inline unsigned send_request(uint32_t type, uint64_t sector, uint32_t length, bool in)
{
	build_request(type, sector, DATA_AT, length, in);
	notify();
	return *ram_at(STATUS_AT);
}

/* Lets time pass until the disk is idle; returns how often it asked for more. */
static inline unsigned run_disk(void)
{
	unsigned steps = 0;

	for (; virtio_block_ops.next(&m.block) != DEVICE_NEVER; steps++) {
		m.now = virtio_block_ops.next(&m.block);
		virtio_block_ops.advance(&m.block, m.now);
	}
	return steps;
}

#endif
