/* QEMU's firmware configuration device, by which a firmware learns what machine it is in: items of
 * bytes by number, a directory of named ones, and copies by DMA. QEMU, "QEMU Firmware Configuration
 * (fw_cfg) Device". Items cannot be written. */
#ifndef DEVICE_FW_CFG_H
#define DEVICE_FW_CFG_H

#include "device/bus.h"
#include "device/chip.h"
#include "lib/error.h"
#include "lib/types.h"

#define FW_CFG_PORT     0x510 /* selector 0x510, data 0x511, DMA address 0x514 to 0x51b */
#define FW_CFG_PORTS    12
#define FW_CFG_ITEMS    64
#define FW_CFG_MOST_DMA MIB(1) /* in one copy: more is an error */
#define FW_CFG_NAME     56     /* of a file, its end included */

/* Items with a number of their own. */
enum fw_cfg_key {
	FW_CFG_SIGNATURE = 0x00,
	FW_CFG_ID = 0x01,
	FW_CFG_UUID = 0x02,
	FW_CFG_RAM_SIZE = 0x03, /* below 4 GiB; 64 bits */
	FW_CFG_NOGRAPHIC = 0x04,
	FW_CFG_CPUS = 0x05,           /* 16 bits */
	FW_CFG_KERNEL_ADDRESS = 0x07, /* 32 bits; so are the other addresses and sizes */
	FW_CFG_KERNEL_SIZE = 0x08,
	FW_CFG_INITRD_ADDRESS = 0x0a,
	FW_CFG_INITRD_SIZE = 0x0b,
	FW_CFG_NUMA = 0x0d,
	FW_CFG_BOOT_MENU = 0x0e,
	FW_CFG_MAX_CPUS = 0x0f, /* 16 bits */
	FW_CFG_KERNEL_DATA = 0x11,
	FW_CFG_INITRD_DATA = 0x12,
	FW_CFG_COMMAND_LINE_ADDRESS = 0x13,
	FW_CFG_COMMAND_LINE_SIZE = 0x14, /* the end of the string included */
	FW_CFG_COMMAND_LINE_DATA = 0x15,
	FW_CFG_SETUP_ADDRESS = 0x16,
	FW_CFG_SETUP_SIZE = 0x17,
	FW_CFG_SETUP_DATA = 0x18,
	FW_CFG_DIRECTORY = 0x19,
	FW_CFG_FIRST_FILE = 0x20,
};

struct fw_cfg_item {
	uint16_t key;
	const uint8_t *bytes;
	uint32_t length;
	uint64_t number; /* the bytes of a small item lie here */
};

struct fw_cfg_items {
	unsigned count;
	struct fw_cfg_item items[FW_CFG_ITEMS];
	uint16_t next_file;
	/* The directory, in the layout that firmware reads: a count, and 64 bytes a file. */
	uint8_t directory[4 + FW_CFG_ITEMS * 64];
	uint32_t directory_length;
	bool full;            /* one more was to be added */
	const char *too_long; /* a name that does not fit; null */
};

/* Where the items come from, once the guest reads one: they stay the giver's. Null, and there are none
 * until RESET#. Called by accesses. */
struct fw_cfg_source {
	const struct fw_cfg_items *(*items)(void *context);
	void *context;
};

struct fw_cfg {
	struct device_memory memory; /* for DMA */
	struct fw_cfg_source source;
	const struct fw_cfg_items *items; /* null before they were asked for */
	bool asked;
	uint16_t selected;
	uint32_t offset; /* in the selected item */
	uint64_t dma;    /* the address as far as it was written */
};

extern const struct chip_ops fw_cfg_ops;

void fw_cfg_init(struct fw_cfg *fw, const struct device_memory *memory,
		 const struct fw_cfg_source *source);
enum error fw_cfg_attach(struct fw_cfg *fw, struct bus *ports, struct reason *why) must_check;

/* Signature and id alone. */
void fw_cfg_items_init(struct fw_cfg_items *items);

/* A number of `width` bytes (at most 8), little-endian. */
void fw_cfg_add_number(struct fw_cfg_items *items, uint16_t key, uint64_t number, unsigned width);
/* Bytes under a number; they stay the caller's. */
void fw_cfg_add_bytes(struct fw_cfg_items *items, uint16_t key, const void *bytes, uint32_t length);
/* A file; `name` and `bytes` stay the caller's. */
void fw_cfg_add_file(struct fw_cfg_items *items, const char *name, const void *bytes,
		     uint32_t length);
/* After the last: were all of them added? NoMemory when there is no room for so many, InvalidInput with
 * a name that is too long. */
enum error fw_cfg_check(const struct fw_cfg_items *items, struct reason *why) must_check;

#endif
