/* A ring of bytes for the log: whole lines go in, whatever the port takes comes out. Pure; the
 * caller serialises. */
#ifndef LIB_RING_H
#define LIB_RING_H

#include "lib/types.h"

struct ring {
	char *storage;
	size_t capacity; /* a power of two */
	size_t head;     /* bytes ever appended */
	size_t tail;     /* bytes ever consumed */
};

/* An empty ring over `capacity` bytes (a power of two) of `storage`. */
void ring_init(struct ring *ring, char *storage, size_t capacity);

/* Appends all of `bytes`, or nothing and returns false. */
bool ring_append(struct ring *ring, const char *bytes, size_t count) must_check;

/* The oldest bytes that lie in one piece: their count, and in `*chunk` where. */
size_t ring_peek(const struct ring *ring, const char **chunk);

/* Removes the oldest `count` bytes, at most as many as ring_peek() returned. */
void ring_consume(struct ring *ring, size_t count);

static inline size_t ring_used(const struct ring *ring)
{
	return ring->head - ring->tail;
}

static inline size_t ring_free(const struct ring *ring)
{
	return ring->capacity - ring_used(ring);
}

static inline bool ring_is_empty(const struct ring *ring)
{
	return ring->head == ring->tail;
}

#endif
