/* Split virtqueues, from the device's side: buffers that the driver made available are taken as
 * chains of segments of guest memory, and given back as used. The driver is hostile: whatever it
 * writes into the rings, each call does a bounded amount of work, and a queue that makes no sense is
 * broken, never believed. Virtual I/O Device (VIRTIO) 1.2, "Split Virtqueues". Pure; the caller
 * serialises. */
#ifndef DEVICE_VIRTQUEUE_H
#define DEVICE_VIRTQUEUE_H

#include "device/chip.h"
#include "lib/types.h"

#define VIRTQUEUE_SIZE     128            /* descriptors of a queue, at most */
#define VIRTQUEUE_SEGMENTS VIRTQUEUE_SIZE /* of a chain, at most */

struct virtqueue_segment {
	uint64_t at; /* guest-physical; not necessarily RAM */
	uint32_t length;
};

/* A buffer of the driver's. */
struct virtqueue_chain {
	uint16_t head;
	unsigned readable, writable; /* segments: first those that the device reads */
	uint64_t readable_bytes, writable_bytes;
	struct virtqueue_segment segments[VIRTQUEUE_SEGMENTS];
};

enum virtqueue_status {
	VIRTQUEUE_EMPTY,  /* nothing is available; the driver notifies when there is */
	VIRTQUEUE_TAKEN,  /* the chain is the device's now */
	VIRTQUEUE_BROKEN, /* the rings make no sense */
};

struct virtqueue {
	const struct device_memory *memory;
	uint16_t size;                         /* a power of two, at most VIRTQUEUE_SIZE */
	bool indirect;                         /* VIRTIO_F_INDIRECT_DESC was negotiated */
	bool event_index;                      /* VIRTIO_F_EVENT_IDX was */
	uint64_t descriptors, available, used; /* guest-physical */
	uint16_t next_available, next_used;    /* free-running */
	uint16_t told;                         /* next_used when the driver was last told of it */
};

/* Begins anew with the rings where they are. */
void virtqueue_start(struct virtqueue *queue);

/* Takes the next available chain. */
enum virtqueue_status virtqueue_take(struct virtqueue *queue,
				     struct virtqueue_chain *chain) must_check;

/* Gives the chain with this head back, `written` bytes written to it. False: broken. */
bool virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written) must_check;

/* After one or more chains were given back: does the driver want an interrupt? Asks once for each.
 * False: broken. */
bool virtqueue_wants_interrupt(struct virtqueue *queue, bool *wanted) must_check;

/* Copies [offset, offset + length) of what the device may read of a chain, or of what it may write.
 * False, perhaps with a part copied, when the chain is shorter, or leads out of RAM. */
bool virtqueue_read(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		    uint64_t offset, void *to, uint64_t length) must_check;
bool virtqueue_write(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		     uint64_t offset, const void *from, uint64_t length) must_check;

#endif
