/* The three parts of a split virtqueue, and walks along its descriptors. */
#include "device/virtqueue.h"

#include "lib/bits.h"

/* A descriptor; the available ring and the used ring, each a head, elements, and an event index. */
struct descriptor {
	uint64_t at;
	uint32_t length;
	uint16_t flags, next;
};
struct used_element {
	uint32_t head, written;
};
_Static_assert(sizeof(struct descriptor) == 16, "virtqueue: descriptor");
_Static_assert(sizeof(struct used_element) == 8, "virtqueue: used element");

#define DESCRIPTOR_NEXT     BIT(0)
#define DESCRIPTOR_WRITABLE BIT(1)
#define DESCRIPTOR_INDIRECT BIT(2)

#define RING_FLAGS    0
#define RING_INDEX    2
#define RING_ELEMENTS 4

#define AVAILABLE_NO_INTERRUPT BIT(0)

static bool read16(const struct virtqueue *queue, uint64_t at, uint16_t *value)
{
	return queue->memory->read(queue->memory->context, at, value, sizeof(*value));
}

static bool write16(const struct virtqueue *queue, uint64_t at, uint16_t value)
{
	return queue->memory->write(queue->memory->context, at, &value, sizeof(value));
}

/* The elements of the available ring have 16 bits. */
static uint64_t available_element(const struct virtqueue *queue, unsigned n)
{
	return queue->available + RING_ELEMENTS + sizeof(uint16_t) * (uint64_t)n;
}

static uint64_t used_element(const struct virtqueue *queue, unsigned n)
{
	return queue->used + RING_ELEMENTS + sizeof(struct used_element) * (uint64_t)n;
}

void virtqueue_start(struct virtqueue *queue)
{
	queue->next_available = 0;
	queue->next_used = 0;
	queue->told = 0;
}

/* --- chains ---------------------------------------------------------------------------------- */

static bool read_descriptor(const struct virtqueue *queue, uint64_t table, unsigned n,
			    struct descriptor *descriptor)
{
	return queue->memory->read(queue->memory->context, table + n * sizeof(*descriptor),
				   descriptor, sizeof(*descriptor));
}

/* False when the device may write what comes before what it may only read, or there are too many. */
static bool append(struct virtqueue_chain *chain, const struct descriptor *d)
{
	unsigned count = chain->readable + chain->writable;

	if (count == VIRTQUEUE_SEGMENTS)
		return false;
	chain->segments[count] = (struct virtqueue_segment) { d->at, d->length };
	if (d->flags & DESCRIPTOR_WRITABLE) {
		chain->writable++;
		chain->writable_bytes += d->length;
		return true;
	}
	chain->readable++;
	chain->readable_bytes += d->length;
	return !chain->writable;
}

/* Follows a table of `size` descriptors from number `n`. A chain visits none of them twice, so that
 * one with more links than the table has descriptors is a loop. An indirect descriptor that comes up
 * ends the walk and is left in `indirect`; false: broken. */
static bool walk(const struct virtqueue *queue, uint64_t table, uint32_t size, uint32_t n,
		 struct virtqueue_chain *chain, struct descriptor *indirect)
{
	struct descriptor d;

	for (uint32_t links = 0; links < size; links++) {
		if (n >= size || !read_descriptor(queue, table, n, &d))
			return false;
		if (d.flags & DESCRIPTOR_INDIRECT) {
			*indirect = d;
			return !(d.flags & DESCRIPTOR_NEXT);
		}
		if (!append(chain, &d))
			return false;
		if (!(d.flags & DESCRIPTOR_NEXT))
			return true;
		n = d.next;
	}
	return false;
}

/* "Indirect Descriptors": whole descriptors, at least one, and no table within the table. */
static bool walk_indirect(const struct virtqueue *queue, const struct descriptor *table,
			  struct virtqueue_chain *chain)
{
	uint32_t count = table->length / sizeof(struct descriptor);
	struct descriptor nested = { 0 };

	if (!queue->indirect || !count || table->length % sizeof(struct descriptor))
		return false;
	return walk(queue, table->at, count, 0, chain, &nested) &&
	       !(nested.flags & DESCRIPTOR_INDIRECT);
}

static bool take_chain(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	struct descriptor indirect = { 0 };
	uint16_t head;

	chain->readable = chain->writable = 0;
	chain->readable_bytes = chain->writable_bytes = 0;
	if (!read16(queue, available_element(queue, queue->next_available % queue->size), &head) ||
	    !walk(queue, queue->descriptors, queue->size, head, chain, &indirect))
		return false;
	if ((indirect.flags & DESCRIPTOR_INDIRECT) && !walk_indirect(queue, &indirect, chain))
		return false;
	chain->head = head;
	queue->next_available++;
	return true;
}

/* Asks for a notification of the next chain. Without event indexes the driver notifies of each, as
 * the used ring's flags, which stay 0, tell it. */
static bool await(const struct virtqueue *queue)
{
	return !queue->event_index ||
	       write16(queue, used_element(queue, queue->size), queue->next_available);
}

enum virtqueue_status virtqueue_take(struct virtqueue *queue, struct virtqueue_chain *chain)
{
	uint16_t index;

	if (!read16(queue, queue->available + RING_INDEX, &index))
		return VIRTQUEUE_BROKEN;
	if (index == queue->next_available) {
		/* One that becomes available before the driver sees the wish comes without notice. */
		if (!await(queue))
			return VIRTQUEUE_BROKEN;
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (!read16(queue, queue->available + RING_INDEX, &index))
			return VIRTQUEUE_BROKEN;
		if (index == queue->next_available)
			return VIRTQUEUE_EMPTY;
	}
	if ((uint16_t)(index - queue->next_available) > queue->size)
		return VIRTQUEUE_BROKEN;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return take_chain(queue, chain) ? VIRTQUEUE_TAKEN : VIRTQUEUE_BROKEN;
}

/* --- used buffers ---------------------------------------------------------------------------- */

bool virtqueue_give(struct virtqueue *queue, uint16_t head, uint32_t written)
{
	const struct used_element element = { head, written };

	if (!queue->memory->write(queue->memory->context,
				  used_element(queue, queue->next_used % queue->size), &element,
				  sizeof(element)))
		return false;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	queue->next_used++;
	return write16(queue, queue->used + RING_INDEX, queue->next_used);
}

/* "Used Buffer Notification Suppression": with event indexes, when used_event lies among the indexes
 * that were passed since the driver was last told; else unless a flag says no. */
bool virtqueue_wants_interrupt(struct virtqueue *queue, bool *wanted)
{
	uint16_t since = queue->told, value;

	queue->told = queue->next_used;
	/* What was used must be seen before what the driver wishes is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!queue->event_index) {
		if (!read16(queue, queue->available + RING_FLAGS, &value))
			return false;
		*wanted = !(value & AVAILABLE_NO_INTERRUPT);
		return true;
	}
	if (!read16(queue, available_element(queue, queue->size), &value))
		return false;
	*wanted = (uint16_t)(queue->next_used - value - 1) < (uint16_t)(queue->next_used - since);
	return true;
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* A part of a range of a chain that lies in one segment. */
struct piece {
	uint64_t at, length;
};

/* What of [offset, offset + length) of `count` segments lies in the first of them that it meets. */
static bool first_piece(const struct virtqueue_segment *segments, unsigned count, uint64_t offset,
			uint64_t length, struct piece *piece)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t left = segments[i].length;

		if (offset >= left) {
			offset -= left;
			continue;
		}
		left -= offset;
		*piece = (struct piece) { segments[i].at + offset, length < left ? length : left };
		return true;
	}
	return false;
}

bool virtqueue_read(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		    uint64_t offset, void *to, uint64_t length)
{
	struct piece piece;

	for (uint64_t done = 0; done < length; done += piece.length) {
		if (!first_piece(chain->segments, chain->readable, offset + done, length - done,
				 &piece) ||
		    !queue->memory->read(queue->memory->context, piece.at, (uint8_t *)to + done,
					 piece.length))
			return false;
	}
	return true;
}

bool virtqueue_write(const struct virtqueue *queue, const struct virtqueue_chain *chain,
		     uint64_t offset, const void *from, uint64_t length)
{
	struct piece piece;

	for (uint64_t done = 0; done < length; done += piece.length) {
		if (!first_piece(chain->segments + chain->readable, chain->writable, offset + done,
				 length - done, &piece) ||
		    !queue->memory->write(queue->memory->context, piece.at,
					  (const uint8_t *)from + done, piece.length))
			return false;
	}
	return true;
}
