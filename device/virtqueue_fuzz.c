/* Any bytes as the memory that a queue lies in: each call does no more than a bounded number of
 * accesses, and a chain that is taken is what its sums say. The first bytes choose size, features
 * and where the rings are; the rest fills the memory from its start on. */
#include "device/virtqueue.h"

#include <string.h>

#include "lib/assert.h"
#include "lib/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY  0x4000u
#define HEAD    8
#define TAKES   64
#define SCRATCH 512

/* Index, its confirmation, the wish, the head, a table, and an indirect one. */
#define MOST_ACCESSES (4 + 2 * VIRTQUEUE_SIZE + VIRTQUEUE_SEGMENTS + 1)

static uint8_t memory[MEMORY];
static unsigned accesses;

static bool fetch(void *context, uint64_t at, void *to, uint64_t length)
{
	accesses++;
	if (at > MEMORY || length > MEMORY - at)
		return false;
	memcpy(to, memory + at, length);
	return true;
}

static bool put(void *context, uint64_t at, const void *from, uint64_t length)
{
	accesses++;
	if (at > MEMORY || length > MEMORY - at)
		return false;
	memcpy(memory + at, from, length);
	return true;
}

static void check(const struct virtqueue_chain *chain)
{
	uint64_t readable = 0, writable = 0;

	assert(chain->readable + chain->writable <= VIRTQUEUE_SEGMENTS);
	for (unsigned i = 0; i < chain->readable + chain->writable; i++)
		*(i < chain->readable ? &readable : &writable) += chain->segments[i].length;
	assert(readable == chain->readable_bytes && writable == chain->writable_bytes);
}

static void move(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		 uint64_t offset)
{
	uint8_t bytes[SCRATCH] = { 0 };

	assert(!virtqueue_read(queue, chain, offset, bytes, sizeof(bytes)) ||
	       offset + sizeof(bytes) <= chain->readable_bytes);
	assert(!virtqueue_write(queue, chain, offset, bytes, sizeof(bytes)) ||
	       offset + sizeof(bytes) <= chain->writable_bytes);
}

static void run(struct virtqueue *queue)
{
	static struct virtqueue_chain chain;

	for (unsigned i = 0; i < TAKES; i++) {
		bool wanted;

		accesses = 0;
		enum virtqueue_status status = virtqueue_take(queue, &chain);
		assert(accesses <= MOST_ACCESSES);
		if (status != VIRTQUEUE_TAKEN)
			break;
		check(&chain);
		assert(chain.head < queue->size);
		move(queue, &chain, i * (SCRATCH / 2));
		if (!virtqueue_give(queue, chain.head, i) ||
		    !virtqueue_wants_interrupt(queue, &wanted))
			break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct device_memory access = { NULL, fetch, put };
	struct virtqueue queue = { .memory = &access };

	if (size < HEAD)
		return 0;
	queue.size = (uint16_t)(1 << data[0] % 8);
	queue.indirect = data[1] & 1;
	queue.event_index = data[1] & 2;
	queue.descriptors = (uint64_t)load_u16(data + 2) % (MEMORY + 16);
	queue.available = (uint64_t)load_u16(data + 4) % (MEMORY + 16);
	queue.used = (uint64_t)load_u16(data + 6) % (MEMORY + 16);
	virtqueue_start(&queue);
	data += HEAD;
	size -= HEAD;
	memset(memory, 0, sizeof(memory));
	memcpy(memory, data, size < MEMORY ? size : MEMORY);
	run(&queue);
	return 0;
}
