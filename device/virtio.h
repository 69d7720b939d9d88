/* What all virtio devices have in common, whatever bus they are on: numbers of the specification, and
 * what a transport (device/virtio_pci.h) has to know of the type of device behind it. Virtual I/O
 * Device (VIRTIO) 1.2, "Basic Facilities of a Virtio Device". */
#ifndef DEVICE_VIRTIO_H
#define DEVICE_VIRTIO_H

#include "lib/bits.h"
#include "lib/types.h"

/* "Device Status Field" */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER      0x02
#define VIRTIO_STATUS_DRIVER_OK   0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED      0x80

/* "Reserved Feature Bits"; ANY_LAYOUT is of the legacy interface. */
#define VIRTIO_F_ANY_LAYOUT    BIT(27)
#define VIRTIO_F_INDIRECT_DESC BIT(28)
#define VIRTIO_F_EVENT_IDX     BIT(29)
#define VIRTIO_F_VERSION_1     BIT(32)

/* A type of device, or one of them. All but the functions and their context is constant. */
struct virtio_type {
	uint16_t id;         /* "Device Types" */
	uint32_t class_code; /* on PCI */
	uint64_t features;   /* of its own, that it offers */
	unsigned queues;
	const uint8_t *config; /* its configuration, which no driver can write */
	unsigned config_length;
	/* The driver notified queue `queue`, or it has come to life. */
	void (*notified)(void *context, unsigned queue);
	/* Requests under way are forgotten. */
	void (*reset)(void *context);
	void *context;
};

#endif
