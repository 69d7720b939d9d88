/* A virtqueue of eight descriptors, and a driver that describes and offers buffers. */
#ifndef TESTS_HOST_ONE_VIRTQUEUE_H
#define TESTS_HOST_ONE_VIRTQUEUE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tests/host/virtio_ring.h"

#define SIZE        8u
#define USED_EVENT  (RING_AVAILABLE + 4 + 2 * SIZE)
#define AVAIL_EVENT (RING_USED + 4 + 8 * SIZE)
#define TABLE       (RING_BUFFERS + 0x8000) /* of indirect descriptors */
#define NO_RAM      0x40000000ull

static struct virtqueue queue;
static struct virtqueue_chain chain;

static inline int set_up(void **state)
{
	memset(ram, 0, sizeof(ram));
	ram_watcher = NULL;
	queue = (struct virtqueue) {
		.memory = &ram_memory,
		.size = SIZE,
		.indirect = true,
		.descriptors = RING_DESCRIPTORS,
		.available = RING_AVAILABLE,
		.used = RING_USED,
	};
	virtqueue_start(&queue);
	return 0;
}

static inline void describe(unsigned n, uint64_t at, uint32_t length, uint16_t flags, uint16_t next)
{
	ring_describe(RING_DESCRIPTORS, n, at, length, flags, next);
}

static inline void offer(uint16_t head)
{
	ring_offer(head, SIZE);
}

static inline void assert_broken(void)
{
	assert_int_equal(virtqueue_take(&queue, &chain), VIRTQUEUE_BROKEN);
}

#endif
