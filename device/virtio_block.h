/* A virtio block device whose disk is bytes in memory. Requests are served where the driver notifies
 * of them, a bounded amount at a time: what is left is done when time goes on. Virtual I/O Device
 * (VIRTIO) 1.2, "Block Device". Pure; the caller serialises. */
#ifndef DEVICE_VIRTIO_BLOCK_H
#define DEVICE_VIRTIO_BLOCK_H

#include "device/chip.h"
#include "device/virtio_pci.h"
#include "lib/error.h"
#include "lib/types.h"

#define VIRTIO_BLOCK_TYPE   2
#define VIRTIO_BLOCK_SECTOR 512
#define VIRTIO_BLOCK_ID     20 /* bytes of a name; a shorter one ends with a zero */

/* What one call does at most, counted in bytes that are moved, and how long it rests then. */
#define VIRTIO_BLOCK_STEP  KIB(128)
#define VIRTIO_BLOCK_PAUSE 10000 /* nanoseconds */

/* "Device configuration layout" */
#define VIRTIO_BLOCK_CONFIG 60

struct virtio_block_setup {
	uint8_t *bytes; /* the disk, changed in place */
	uint64_t length;
	bool read_only;
	bool transitional; /* with the legacy interface */
	const char *id;
	struct device_memory memory;
	void (*send)(void *context, uint64_t address, uint32_t data);
	void *send_context;
	/* There is work left for advance(): next() has changed. */
	void (*busy)(void *context);
	void *busy_context;
};

/* The request that is being served. */
struct virtio_block_request {
	bool active;
	uint32_t type;
	uint64_t at;          /* on the disk, in bytes */
	uint64_t done, total; /* bytes of data */
	struct virtqueue_chain chain;
};

struct virtio_block {
	struct virtio_pci pci;
	uint8_t *bytes;
	uint64_t length, capacity; /* in bytes; the second in whole sectors */
	bool read_only;
	char id[VIRTIO_BLOCK_ID];
	uint8_t config[VIRTIO_BLOCK_CONFIG];
	void (*busy_changed)(void *context);
	void *busy_context;
	bool busy; /* the queue is not known to be empty */
	device_time now, resume;
	struct virtio_block_request request;
};

/* Time and RESET#; the registers are windows of `pci`. */
extern const struct chip_ops virtio_block_ops;

/* InvalidInput when the disk is empty. A part of a sector at its end counts as a whole one: behind
 * its last byte it reads as zeros, and keeps nothing. */
enum error virtio_block_init(struct virtio_block *block, const struct virtio_block_setup *setup,
			     struct reason *why) must_check;

#endif
