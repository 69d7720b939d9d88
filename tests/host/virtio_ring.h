/* A driver's side of a split virtqueue in a small guest memory, for tests and fuzzers of virtio
 * devices. The memory begins at an address that is not 0, so that a pointer which is missed shows. */
#ifndef TESTS_HOST_VIRTIO_RING_H
#define TESTS_HOST_VIRTIO_RING_H

#include <string.h>

#include "device/chip.h"
#include "device/virtqueue.h"
#include "lib/bytes.h"

#define RAM_START 0x100000ull
#define RAM_SIZE  0x100000ull
#define RAM_END   (RAM_START + RAM_SIZE)

/* A page for each ring, and the driver's buffers behind them. As a legacy driver lays them out. */
#define RING_DESCRIPTORS RAM_START
#define RING_AVAILABLE   (RAM_START + 16 * VIRTQUEUE_SIZE)
#define RING_USED        (RAM_START + 0x1000)
#define RING_BUFFERS     (RAM_START + 0x4000)

#define DESC_NEXT     1
#define DESC_WRITE    2
#define DESC_INDIRECT 4

static uint8_t ram[RAM_SIZE];
/* Called before each of the device's writes; null: nobody looks. */
static void (*ram_watcher)(uint64_t at);

static inline bool ram_has(uint64_t at, uint64_t length)
{
	return at >= RAM_START && at <= RAM_END && length <= RAM_END - at;
}

static inline bool ram_read(void *context, uint64_t at, void *to, uint64_t length)
{
	if (!ram_has(at, length))
		return false;
	memcpy(to, ram + (at - RAM_START), length);
	return true;
}

static inline bool ram_write(void *context, uint64_t at, const void *from, uint64_t length)
{
	if (!ram_has(at, length))
		return false;
	if (ram_watcher)
		ram_watcher(at);
	memcpy(ram + (at - RAM_START), from, length);
	return true;
}

static const struct device_memory ram_memory = { NULL, ram_read, ram_write };

static inline uint8_t *ram_at(uint64_t at)
{
	return ram + (at - RAM_START);
}

/* Fills descriptor `n` of the table at `table`. */
static inline void ring_describe(uint64_t table, unsigned n, uint64_t at, uint32_t length,
				 uint16_t flags, uint16_t next)
{
	uint8_t *descriptor = ram_at(table + 16 * n);

	store_u64(descriptor, at);
	store_u32(descriptor + 8, length);
	store_u16(descriptor + 12, flags);
	store_u16(descriptor + 14, next);
}

static inline uint16_t ring_available_index(void)
{
	return load_u16(ram_at(RING_AVAILABLE + 2));
}

/* Makes the chain that begins with descriptor `head` available in a queue of `size`. */
static inline void ring_offer(uint16_t head, unsigned size)
{
	uint16_t index = ring_available_index();

	store_u16(ram_at(RING_AVAILABLE + 4 + 2 * (index % size)), head);
	store_u16(ram_at(RING_AVAILABLE + 2), (uint16_t)(index + 1));
}

static inline uint16_t ring_used_index(void)
{
	return load_u16(ram_at(RING_USED + 2));
}

/* Of the used element `n`: the chain, and the bytes written to it. */
static inline uint32_t ring_used_head(unsigned n)
{
	return load_u32(ram_at(RING_USED + 4 + 8 * n));
}

static inline uint32_t ring_used_written(unsigned n)
{
	return load_u32(ram_at(RING_USED + 8 + 8 * n));
}

#endif
