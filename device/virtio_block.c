/* Requests: each is a header of the driver's, data one way or the other, and a status that the device
 * writes. How these are spread over the segments of a chain is the driver's choice. */
#include "device/virtio_block.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define QUEUE      0
#define CLASS_CODE 0x018000 /* mass storage, other */

/* "Feature bits" */
#define BLOCK_F_SEG_MAX      BIT(2)
#define BLOCK_F_RO           BIT(5)
#define BLOCK_F_BLK_SIZE     BIT(6)
#define BLOCK_F_FLUSH        BIT(9)
#define BLOCK_F_DISCARD      BIT(13)
#define BLOCK_F_WRITE_ZEROES BIT(14)

/* "Device configuration layout": what is not zero. */
#define CONFIG_CAPACITY             0  /* 64 bits, in sectors */
#define CONFIG_SEG_MAX              12 /* 32 bits each */
#define CONFIG_BLK_SIZE             20
#define CONFIG_MAX_DISCARD_SECTORS  36
#define CONFIG_MAX_DISCARD_SEGMENTS 40
#define CONFIG_DISCARD_ALIGNMENT    44
#define CONFIG_MAX_ZEROES_SECTORS   48
#define CONFIG_MAX_ZEROES_SEGMENTS  52

/* "Device Operation": struct virtio_blk_req. */
struct request_header {
	uint32_t type, reserved;
	uint64_t sector;
};
struct range_segment {
	uint64_t sector;
	uint32_t sectors, flags;
};
_Static_assert(sizeof(struct request_header) == 16, "virtio block: request");
_Static_assert(sizeof(struct range_segment) == 16, "virtio block: range");

enum request_type {
	REQUEST_IN = 0,
	REQUEST_OUT = 1,
	REQUEST_FLUSH = 4,
	REQUEST_GET_ID = 8,
	REQUEST_DISCARD = 11,
	REQUEST_WRITE_ZEROES = 13,
};

enum request_status {
	STATUS_OK = 0,
	STATUS_IOERR = 1,
	STATUS_UNSUPP = 2,
	STATUS_MORE, /* on no wire: data is still to be moved */
};

#define RANGE_UNMAP BIT(0)

#define STATUS_LENGTH      1
/* Header and status have a segment each, at worst. */
#define MOST_DATA_SEGMENTS (VIRTQUEUE_SEGMENTS - 2)

/* What a request costs of a step besides its data: a chain of the most segments is a step. */
#define SEGMENT_COST (VIRTIO_BLOCK_STEP / VIRTQUEUE_SEGMENTS)

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* --- ranges of the disk ---------------------------------------------------------------------- */

static bool is_on_disk(const struct virtio_block *block, uint64_t sector, uint64_t length)
{
	uint64_t sectors = block->capacity / VIRTIO_BLOCK_SECTOR;

	return length % VIRTIO_BLOCK_SECTOR == 0 && sector <= sectors &&
	       length / VIRTIO_BLOCK_SECTOR <= sectors - sector;
}

/* How much of the `length` bytes at `at` of the disk is really there. */
static uint64_t backed(const struct virtio_block *block, uint64_t at, uint64_t length)
{
	return at < block->length ? least(length, block->length - at) : 0;
}

/* --- moving data ----------------------------------------------------------------------------- */

/* What of the last sector lies behind the disk's last byte. */
static bool write_zeros(struct virtio_block *block, struct virtqueue *queue, uint64_t offset,
			uint64_t length)
{
	const uint8_t zeros[VIRTIO_BLOCK_SECTOR] = { 0 };

	return virtqueue_write(queue, &block->request.chain, offset, zeros, length);
}

static bool move_in(struct virtio_block *block, struct virtqueue *queue, uint64_t length)
{
	struct virtio_block_request *r = &block->request;
	uint64_t at = r->at + r->done, there = backed(block, at, length);

	return virtqueue_write(queue, &r->chain, r->done, block->bytes + at, there) &&
	       (there == length || write_zeros(block, queue, r->done + there, length - there));
}

static bool move_out(struct virtio_block *block, struct virtqueue *queue, uint64_t length)
{
	struct virtio_block_request *r = &block->request;
	uint64_t at = r->at + r->done;

	return virtqueue_read(queue, &r->chain, sizeof(struct request_header) + r->done,
			      block->bytes + at, backed(block, at, length));
}

/* Moves up to `budget` bytes, and says what is left of the request. */
static enum request_status move(struct virtio_block *block, struct virtqueue *queue,
				uint64_t *budget)
{
	struct virtio_block_request *r = &block->request;
	uint64_t length = least(r->total - r->done, *budget);
	bool good = true;

	if (r->type == REQUEST_IN)
		good = move_in(block, queue, length);
	else if (r->type == REQUEST_OUT)
		good = move_out(block, queue, length);
	else
		memset(block->bytes + r->at + r->done, 0, backed(block, r->at + r->done, length));
	if (!good)
		return STATUS_IOERR;
	*budget -= length;
	r->done += length;
	return r->done == r->total ? STATUS_OK : STATUS_MORE;
}

/* --- what a request asks --------------------------------------------------------------------- */

static enum request_status begin_transfer(struct virtio_block *block, uint64_t sector,
					  uint64_t length)
{
	struct virtio_block_request *r = &block->request;

	if (!is_on_disk(block, sector, length))
		return STATUS_IOERR;
	r->at = sector * VIRTIO_BLOCK_SECTOR;
	r->total = length;
	return length ? STATUS_MORE : STATUS_OK;
}

/* One range a request, as the configuration says. What is discarded stays as it was. */
static enum request_status begin_range(struct virtio_block *block, struct virtqueue *queue,
				       uint64_t length)
{
	struct virtio_block_request *r = &block->request;
	bool zeroes = r->type == REQUEST_WRITE_ZEROES;
	struct range_segment range;
	enum request_status status;

	if (length != sizeof(range) ||
	    !virtqueue_read(queue, &r->chain, sizeof(struct request_header), &range, sizeof(range)))
		return STATUS_IOERR;
	if (range.flags & ~(zeroes ? RANGE_UNMAP : 0))
		return STATUS_UNSUPP;
	status = begin_transfer(block, range.sector, range.sectors * (uint64_t)VIRTIO_BLOCK_SECTOR);
	return zeroes || status != STATUS_MORE ? status : STATUS_OK;
}

static enum request_status give_id(struct virtio_block *block, struct virtqueue *queue,
				   uint64_t length)
{
	struct virtio_block_request *r = &block->request;

	r->total = least(length, sizeof(block->id));
	if (!virtqueue_write(queue, &r->chain, 0, block->id, r->total))
		return STATUS_IOERR;
	r->done = r->total;
	return STATUS_OK;
}

static enum request_status begin(struct virtio_block *block, struct virtqueue *queue)
{
	struct virtio_block_request *r = &block->request;
	struct request_header header;
	uint64_t readable, writable = r->chain.writable_bytes - STATUS_LENGTH;

	r->done = r->total = 0;
	if (!virtqueue_read(queue, &r->chain, 0, &header, sizeof(header)))
		return STATUS_IOERR;
	readable = r->chain.readable_bytes - sizeof(header);
	r->type = header.type;
	switch (header.type) {
	case REQUEST_IN:
		return begin_transfer(block, header.sector, writable);
	case REQUEST_OUT:
		return block->read_only ? STATUS_IOERR
					: begin_transfer(block, header.sector, readable);
	case REQUEST_FLUSH: /* there is nowhere else for the data to go */
		return STATUS_OK;
	case REQUEST_GET_ID:
		return give_id(block, queue, writable);
	case REQUEST_DISCARD:
	case REQUEST_WRITE_ZEROES:
		return block->read_only ? STATUS_IOERR : begin_range(block, queue, readable);
	default:
		return STATUS_UNSUPP;
	}
}

/* --- the queue ------------------------------------------------------------------------------- */

/* The status is the last byte that the device may write. What it wrote is told as far as it has no
 * gap. A status that cannot be written is the driver's loss. */
static bool finish(struct virtio_block *block, struct virtqueue *queue, enum request_status status)
{
	struct virtio_block_request *r = &block->request;
	uint64_t data = r->chain.writable_bytes - STATUS_LENGTH;
	bool reads = r->type == REQUEST_IN || r->type == REQUEST_GET_ID;
	uint64_t written = reads ? r->done : 0;
	uint8_t byte = (uint8_t)status;

	r->active = false;
	if (virtqueue_write(queue, &r->chain, data, &byte, STATUS_LENGTH) && written == data)
		written += STATUS_LENGTH;
	return virtqueue_give(queue, r->chain.head, (uint32_t)least(written, UINT32_MAX));
}

/* A chain without room for a status is no request. */
static enum virtqueue_status take(struct virtio_block *block, struct virtqueue *queue)
{
	struct virtio_block_request *r = &block->request;
	enum virtqueue_status status = virtqueue_take(queue, &r->chain);

	r->active = status == VIRTQUEUE_TAKEN;
	if (r->active && !r->chain.writable_bytes) {
		r->active = false;
		return VIRTQUEUE_BROKEN;
	}
	return status;
}

/* Serves requests while `budget` lasts. EMPTY: there are none left; TAKEN: there may be. */
static enum virtqueue_status serve(struct virtio_block *block, struct virtqueue *queue,
				   uint64_t budget, bool *gave)
{
	struct virtio_block_request *r = &block->request;
	enum request_status status = STATUS_MORE;

	while (budget) {
		if (!r->active) {
			enum virtqueue_status taken = take(block, queue);

			if (taken != VIRTQUEUE_TAKEN)
				return taken;
			budget -= least(budget,
					SEGMENT_COST * (r->chain.readable + r->chain.writable));
			status = begin(block, queue);
		}
		if (status == STATUS_MORE)
			status = move(block, queue, &budget);
		if (status == STATUS_MORE)
			continue;
		if (!finish(block, queue, status))
			return VIRTQUEUE_BROKEN;
		*gave = true;
	}
	return VIRTQUEUE_TAKEN;
}

static void work(struct virtio_block *block)
{
	struct virtqueue *queue = virtio_pci_queue(&block->pci, QUEUE);
	enum virtqueue_status status;
	bool gave = false;

	block->busy = false;
	if (!queue)
		return;
	status = serve(block, queue, VIRTIO_BLOCK_STEP, &gave);
	block->busy = status == VIRTQUEUE_TAKEN;
	block->resume = block->now + VIRTIO_BLOCK_PAUSE;
	if (status == VIRTQUEUE_BROKEN)
		virtio_pci_fail(&block->pci);
	else if (gave)
		virtio_pci_used(&block->pci, QUEUE);
}

/* One that is at work already goes on at its own pace, however often the driver notifies it. */
static void notified(void *context, unsigned queue)
{
	struct virtio_block *block = (struct virtio_block *)context;

	if (block->busy)
		return;
	work(block);
	if (block->busy && block->busy_changed)
		block->busy_changed(block->busy_context);
}

static void forget(void *context)
{
	struct virtio_block *block = (struct virtio_block *)context;

	block->busy = false;
	block->request.active = false;
}

/* --- the chip -------------------------------------------------------------------------------- */

static void block_advance(void *chip, device_time now)
{
	struct virtio_block *block = (struct virtio_block *)chip;

	block->now = now;
	if (block->busy && block->resume <= now)
		work(block);
}

static device_time block_next(const void *chip)
{
	const struct virtio_block *block = (const struct virtio_block *)chip;

	return block->busy ? block->resume : DEVICE_NEVER;
}

static void block_reset(void *chip)
{
	virtio_pci_reset(&((struct virtio_block *)chip)->pci);
}

const struct chip_ops virtio_block_ops = {
	.name = "virtio block",
	.advance = block_advance,
	.next = block_next,
	.reset = block_reset,
};

/* --- making ---------------------------------------------------------------------------------- */

static void describe(struct virtio_block *block)
{
	uint64_t sectors = block->capacity / VIRTIO_BLOCK_SECTOR;
	uint32_t most = (uint32_t)least(sectors, UINT32_MAX);
	uint8_t *config = block->config;

	store_u64(config + CONFIG_CAPACITY, sectors);
	store_u32(config + CONFIG_SEG_MAX, MOST_DATA_SEGMENTS);
	store_u32(config + CONFIG_BLK_SIZE, VIRTIO_BLOCK_SECTOR);
	if (block->read_only)
		return;
	store_u32(config + CONFIG_MAX_DISCARD_SECTORS, most);
	store_u32(config + CONFIG_MAX_DISCARD_SEGMENTS, 1);
	store_u32(config + CONFIG_DISCARD_ALIGNMENT, 1);
	store_u32(config + CONFIG_MAX_ZEROES_SECTORS, most);
	store_u32(config + CONFIG_MAX_ZEROES_SEGMENTS, 1);
}

enum error virtio_block_init(struct virtio_block *block, const struct virtio_block_setup *setup,
			     struct reason *why)
{
	uint64_t write_features = BLOCK_F_DISCARD | BLOCK_F_WRITE_ZEROES;
	const struct virtio_pci_setup pci = {
		.type = {
			.id = VIRTIO_BLOCK_TYPE,
			.class_code = CLASS_CODE,
			.features = BLOCK_F_SEG_MAX | BLOCK_F_BLK_SIZE | BLOCK_F_FLUSH |
				    (setup->read_only ? BLOCK_F_RO : write_features),
			.queues = 1,
			.config = block->config,
			.config_length = sizeof(block->config),
			.notified = notified,
			.reset = forget,
			.context = block,
		},
		.transitional_id = setup->transitional ? VIRTIO_PCI_TRANSITIONAL_DISK : 0,
		.memory = setup->memory,
		.send = setup->send,
		.send_context = setup->send_context,
	};

	if (!setup->length)
		return reason_set(why, ERROR_INVALID_INPUT, "disk %s is empty", setup->id);
	*block = (struct virtio_block) {
		.bytes = setup->bytes,
		.length = setup->length,
		.capacity = align_up(setup->length, VIRTIO_BLOCK_SECTOR),
		.read_only = setup->read_only,
		.busy_changed = setup->busy,
		.busy_context = setup->busy_context,
	};
	memcpy(block->id, setup->id, strnlen(setup->id, sizeof(block->id)));
	describe(block);
	return virtio_pci_init(&block->pci, &pci, why);
}
