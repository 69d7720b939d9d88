/* The counters run freely and are cut to the capacity only when storage is reached. */
#include "lib/ring.h"

#include "lib/assert.h"
#include "lib/bits.h"
#include "lib/string.h"

void ring_init(struct ring *ring, char *storage, size_t capacity)
{
	assert(is_power_of_two(capacity));
	*ring = (struct ring) { .storage = storage, .capacity = capacity };
}

bool ring_append(struct ring *ring, const char *bytes, size_t count)
{
	if (count > ring_free(ring))
		return false;

	size_t at = ring->head & (ring->capacity - 1);
	size_t first = count < ring->capacity - at ? count : ring->capacity - at;
	memcpy(ring->storage + at, bytes, first);
	memcpy(ring->storage, bytes + first, count - first);
	ring->head += count;
	return true;
}

size_t ring_peek(const struct ring *ring, const char **chunk)
{
	size_t at = ring->tail & (ring->capacity - 1);
	size_t used = ring_used(ring);

	*chunk = ring->storage + at;
	return used < ring->capacity - at ? used : ring->capacity - at;
}

void ring_consume(struct ring *ring, size_t count)
{
	assert(count <= ring_used(ring));
	ring->tail += count;
}
