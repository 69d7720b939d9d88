/* Items, read a byte at a time or by DMA. Everything on this device's ports and in its structures is
 * big-endian, except the selector and the numbers in items. */
#include "device/fw_cfg.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define ID_TRADITIONAL BIT(0)
#define ID_DMA         BIT(1)

#define OFFSET_SELECTOR 0
#define OFFSET_DATA     1
#define OFFSET_DMA_HIGH 4
#define OFFSET_DMA_LOW  8

#define DMA_SIGNATURE 0x51454d5520434647ull /* "QEMU CFG", read back from the address register */
#define DMA_ERROR     BIT(0)
#define DMA_READ      BIT(1)
#define DMA_SKIP      BIT(2)
#define DMA_SELECT    BIT(3)
#define DMA_WRITE     BIT(4)
#define DMA_KEY_SHIFT 16

/* Copied from the guest and back: FWCfgDmaAccess. */
struct dma_access {
	uint32_t control, length;
	uint64_t address;
};
_Static_assert(sizeof(struct dma_access) == 16, "fw_cfg: DMA descriptor");

#define DIRECTORY_ENTRY 64
#define CHUNK           256

/* --- items ----------------------------------------------------------------------------------- */

static const struct fw_cfg_item *find(const struct fw_cfg_items *items, uint16_t key)
{
	for (unsigned i = 0; i < items->count; i++)
		if (items->items[i].key == key)
			return &items->items[i];
	return NULL;
}

/* A guest that never looks needs none, and one for which there is no memory finds nothing. */
static const struct fw_cfg_items *items_of(struct fw_cfg *fw)
{
	if (!fw->asked)
		fw->items = fw->source.items(fw->source.context);
	fw->asked = true;
	return fw->items;
}

/* Of the selected item. */
static const uint8_t *bytes_of(struct fw_cfg *fw, uint32_t *length)
{
	const struct fw_cfg_items *items = items_of(fw);
	const struct fw_cfg_item *item;

	*length = 0;
	if (!items)
		return NULL;
	if (fw->selected == FW_CFG_DIRECTORY) {
		*length = items->directory_length;
		return items->directory;
	}
	item = find(items, fw->selected);
	if (!item)
		return NULL;
	*length = item->length;
	return item->bytes ? item->bytes : (const uint8_t *)&item->number;
}

/* Copies the next `count` bytes of the selected item; behind its end everything is zero. */
static void read_on(struct fw_cfg *fw, uint8_t *to, uint32_t count)
{
	uint32_t length, left;
	const uint8_t *bytes = bytes_of(fw, &length);

	left = fw->offset < length ? length - fw->offset : 0;
	if (left > count)
		left = count;
	if (left)
		memcpy(to, bytes + fw->offset, left);
	memset(to + left, 0, count - left);
	fw->offset += left;
}

static void choose(struct fw_cfg *fw, uint16_t key)
{
	fw->selected = key;
	fw->offset = 0;
}

/* --- DMA ------------------------------------------------------------------------------------- */

/* False when the guest's buffer is no RAM. At most FW_CFG_MOST_DMA bytes, for which the board's lock is
 * held. */
static bool copy_out(struct fw_cfg *fw, uint64_t to, uint32_t length)
{
	uint8_t chunk[CHUNK];

	while (length) {
		uint32_t part = length < CHUNK ? length : CHUNK;

		read_on(fw, chunk, part);
		if (!fw->memory.write(fw->memory.context, to, chunk, part))
			return false;
		to += part;
		length -= part;
	}
	return true;
}

static void skip(struct fw_cfg *fw, uint32_t length)
{
	uint32_t end;

	bytes_of(fw, &end);
	fw->offset = length > end - fw->offset ? end : fw->offset + length;
}

static void run_dma(struct fw_cfg *fw)
{
	uint64_t at = fw->dma;
	struct dma_access access;
	uint32_t control, length, result = 0;

	fw->dma = 0;
	if (!fw->memory.read(fw->memory.context, at, &access, sizeof(access)))
		return;
	control = (uint32_t)swap_bytes(access.control, 4);
	length = (uint32_t)swap_bytes(access.length, 4);
	if (control & DMA_SELECT)
		choose(fw, (uint16_t)(control >> DMA_KEY_SHIFT));
	if (control & DMA_READ) {
		if (length > FW_CFG_MOST_DMA ||
		    !copy_out(fw, swap_bytes(access.address, 8), length))
			result = DMA_ERROR;
	} else if (control & DMA_WRITE) {
		result = DMA_ERROR; /* nothing here can be written */
	} else if (control & DMA_SKIP) {
		skip(fw, length);
	}
	access.control = (uint32_t)swap_bytes(result, 4);
	/* The descriptor was readable: if it is gone, nobody waits for the answer. */
	(void)fw->memory.write(fw->memory.context, at, &access.control, sizeof(access.control));
}

/* --- ports ----------------------------------------------------------------------------------- */

static uint64_t fw_cfg_read(void *chip, uint64_t offset, unsigned width)
{
	struct fw_cfg *fw = (struct fw_cfg *)chip;
	uint8_t byte;

	if (offset == OFFSET_DATA && width == 1) {
		read_on(fw, &byte, 1);
		return byte;
	}
	if (width == 4 && offset == OFFSET_DMA_HIGH)
		return swap_bytes(DMA_SIGNATURE >> 32, 4);
	if (width == 4 && offset == OFFSET_DMA_LOW)
		return swap_bytes(DMA_SIGNATURE & UINT32_MAX, 4);
	return 0;
}

static void fw_cfg_write(void *chip, uint64_t offset, unsigned width, uint64_t value)
{
	struct fw_cfg *fw = (struct fw_cfg *)chip;

	if (offset == OFFSET_SELECTOR && width == 2) {
		choose(fw, (uint16_t)value);
	} else if (offset == OFFSET_DMA_HIGH && width == 4) {
		fw->dma = swap_bytes(value, 4) << 32;
	} else if (offset == OFFSET_DMA_LOW && width == 4) {
		fw->dma |= swap_bytes(value, 4);
		run_dma(fw);
	}
}

static void fw_cfg_reset(void *chip)
{
	struct fw_cfg *fw = (struct fw_cfg *)chip;

	choose(fw, 0);
	fw->dma = 0;
	fw->asked = fw->items;
}

const struct chip_ops fw_cfg_ops = {
	.name = "fw_cfg",
	.read = fw_cfg_read,
	.write = fw_cfg_write,
	.reset = fw_cfg_reset,
};

/* --- making ---------------------------------------------------------------------------------- */

void fw_cfg_init(struct fw_cfg *fw, const struct device_memory *memory,
		 const struct fw_cfg_source *source)
{
	*fw = (struct fw_cfg) { .memory = *memory, .source = *source };
}

void fw_cfg_items_init(struct fw_cfg_items *items)
{
	static const char signature[] = "QEMU";

	*items = (struct fw_cfg_items) { .next_file = FW_CFG_FIRST_FILE };
	items->directory_length = 4;
	items->items[items->count++] = (struct fw_cfg_item) {
		.key = FW_CFG_SIGNATURE,
		.bytes = (const uint8_t *)signature,
		.length = 4,
	};
	items->items[items->count++] = (struct fw_cfg_item) {
		.key = FW_CFG_ID,
		.number = ID_TRADITIONAL | ID_DMA,
		.length = 4,
	};
}

enum error fw_cfg_attach(struct fw_cfg *fw, struct bus *ports, struct reason *why)
{
	/* The selector is a word at 0x510, and the byte behind it the data. */
	static const struct bus_place places[] = {
		{ FW_CFG_PORT, 1, OFFSET_SELECTOR, 2 },
		{ FW_CFG_PORT + OFFSET_DATA, 1, OFFSET_DATA, 1 },
		{ FW_CFG_PORT + OFFSET_DMA_HIGH, FW_CFG_PORTS - OFFSET_DMA_HIGH, OFFSET_DMA_HIGH,
		  4 },
	};

	return bus_attach(ports, places, ARRAY_SIZE(places), &fw_cfg_ops, fw, why);
}

static void add(struct fw_cfg_items *items, const struct fw_cfg_item *item)
{
	if (items->count == FW_CFG_ITEMS)
		items->full = true;
	else
		items->items[items->count++] = *item;
}

void fw_cfg_add_number(struct fw_cfg_items *items, uint16_t key, uint64_t number, unsigned width)
{
	const struct fw_cfg_item item = { .key = key, .number = number, .length = width };

	add(items, &item);
}

void fw_cfg_add_bytes(struct fw_cfg_items *items, uint16_t key, const void *bytes, uint32_t length)
{
	const struct fw_cfg_item item = { .key = key,
					  .bytes = (const uint8_t *)bytes,
					  .length = length };

	add(items, &item);
}

static void put(uint8_t *to, uint64_t value, unsigned width)
{
	store_bytes(to, swap_bytes(value, width), width);
}

void fw_cfg_add_file(struct fw_cfg_items *items, const char *name, const void *bytes,
		     uint32_t length)
{
	uint8_t *entry = items->directory + items->directory_length;
	size_t name_length = strlen(name);

	if (name_length >= FW_CFG_NAME)
		items->too_long = name;
	else
		fw_cfg_add_bytes(items, items->next_file, bytes, length);
	if (items->full || items->too_long)
		return;
	put(entry, length, 4);
	put(entry + 4, items->next_file++, 2);
	memcpy(entry + 8, name, name_length);
	items->directory_length += DIRECTORY_ENTRY;
	put(items->directory, (items->directory_length - 4) / DIRECTORY_ENTRY, 4);
}

enum error fw_cfg_check(const struct fw_cfg_items *items, struct reason *why)
{
	if (items->too_long)
		return reason_set(why, ERROR_INVALID_INPUT, "fw_cfg: the name %s is too long",
				  items->too_long);
	if (items->full)
		return reason_set(why, ERROR_NO_MEMORY, "fw_cfg: all %u items are used",
				  FW_CFG_ITEMS);
	return ERROR_NONE;
}
