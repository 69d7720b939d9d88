/* The bytes that a PS/2 device has ready for its controller: sixteen, as in a real keyboard. Pure. */
#ifndef DEVICE_PS2_QUEUE_H
#define DEVICE_PS2_QUEUE_H

#include "lib/types.h"

#define PS2_QUEUE 16

struct ps2_queue {
	uint8_t bytes[PS2_QUEUE];
	uint8_t first, count;
};

static inline unsigned ps2_queue_room(const struct ps2_queue *queue)
{
	return PS2_QUEUE - queue->count;
}

/* A byte that finds no room is dropped. */
static inline void ps2_queue_put(struct ps2_queue *queue, uint8_t byte)
{
	if (queue->count < PS2_QUEUE)
		queue->bytes[(queue->first + queue->count++) % PS2_QUEUE] = byte;
}

/* False when there is none. */
static inline bool ps2_queue_take(struct ps2_queue *queue, uint8_t *byte)
{
	if (!queue->count)
		return false;
	*byte = queue->bytes[queue->first];
	queue->first = (queue->first + 1) % PS2_QUEUE;
	queue->count--;
	return true;
}

static inline void ps2_queue_clear(struct ps2_queue *queue)
{
	*queue = (struct ps2_queue) { 0 };
}

#endif
