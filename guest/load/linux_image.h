/* A Linux kernel image taken apart: its real-mode code, its protected-mode code, and what the header
 * between them says, with the defaults of protocol versions that do not have a field. Linux, "The
 * Linux/x86 Boot Protocol", "The Real-Mode Kernel Header". Pure. */
#ifndef GUEST_LOAD_LINUX_IMAGE_H
#define GUEST_LOAD_LINUX_IMAGE_H

#include "guest/load/loader.h"
#include "guest/load/vm_spec.h"
#include "lib/bits.h"
#include "lib/error.h"
#include "lib/types.h"

/* Offsets of the header's fields, in the image, in the loaded real-mode code and in the boot
 * parameters alike. */
enum linux_field {
	LINUX_COMMAND_LINE_MAGIC = 0x020,  /* 16 bits, before 2.02 */
	LINUX_COMMAND_LINE_OFFSET = 0x022, /* 16 bits, before 2.02 */
	LINUX_SETUP_SECTS = 0x1f1,         /* 8 bits; the header's begin */
	LINUX_SYSSIZE = 0x1f4,             /* 32 bits */
	LINUX_VID_MODE = 0x1fa,            /* 16 bits */
	LINUX_BOOT_FLAG = 0x1fe,           /* 16 bits */
	LINUX_JUMP = 0x200,                /* 2 bytes; the second tells the header's end */
	LINUX_HEADER = 0x202,              /* 32 bits */
	LINUX_VERSION = 0x206,             /* 16 bits */
	LINUX_TYPE_OF_LOADER = 0x210,      /* 8 bits */
	LINUX_LOADFLAGS = 0x211,           /* 8 bits */
	LINUX_SETUP_MOVE_SIZE = 0x212,     /* 16 bits */
	LINUX_CODE32_START = 0x214,        /* 32 bits */
	LINUX_RAMDISK_IMAGE = 0x218,       /* 32 bits */
	LINUX_RAMDISK_SIZE = 0x21c,        /* 32 bits */
	LINUX_HEAP_END_PTR = 0x224,        /* 16 bits, 2.01 */
	LINUX_CMD_LINE_PTR = 0x228,        /* 32 bits, 2.02 */
	LINUX_INITRD_ADDR_MAX = 0x22c,     /* 32 bits, 2.03 */
	LINUX_KERNEL_ALIGNMENT = 0x230,    /* 32 bits, 2.05 */
	LINUX_RELOCATABLE_KERNEL = 0x234,  /* 8 bits, 2.05 */
	LINUX_MIN_ALIGNMENT = 0x235,       /* 8 bits, 2.10 */
	LINUX_XLOADFLAGS = 0x236,          /* 16 bits, 2.12 */
	LINUX_CMDLINE_SIZE = 0x238,        /* 32 bits, 2.06 */
	LINUX_PAYLOAD_OFFSET = 0x248,      /* 32 bits, 2.08 */
	LINUX_PAYLOAD_LENGTH = 0x24c,      /* 32 bits, 2.08 */
	LINUX_PREF_ADDRESS = 0x258,        /* 64 bits, 2.10 */
	LINUX_INIT_SIZE = 0x260,           /* 32 bits, 2.10 */
	LINUX_HEADER_LIMIT = 0x290,        /* what the boot parameters have room for */
};

enum linux_protocol {
	LINUX_OLD = 0, /* no header at all */
	LINUX_2_00 = 0x200,
	LINUX_2_01 = 0x201,
	LINUX_2_02 = 0x202,
	LINUX_2_03 = 0x203,
	LINUX_2_04 = 0x204,
	LINUX_2_05 = 0x205,
	LINUX_2_06 = 0x206,
	LINUX_2_08 = 0x208,
	LINUX_2_10 = 0x20a,
	LINUX_2_12 = 0x20c,
};

/* loadflags */
#define LINUX_LOADED_HIGH  BIT(0)
#define LINUX_CAN_USE_HEAP BIT(7)

/* xloadflags */
#define LINUX_KERNEL_64 BIT(0)
#define LINUX_ABOVE_4G  BIT(1)

#define LINUX_64_BIT_ENTRY 0x200 /* from the start of the protected-mode code */

struct linux_image {
	const uint8_t *setup, *code; /* real-mode and protected-mode code, in the file */
	uint64_t setup_length, code_length;
	uint32_t header_end; /* LINUX_HEADER_LIMIT at most; 0: no header */
	uint16_t version;    /* enum linux_protocol */
	bool loaded_high;    /* at 1 MiB, not at 64 KiB */
	bool relocatable, kernel_64, above_4g;
	uint32_t code32_start;
	uint64_t alignment, least_alignment; /* of a relocatable one: powers of two */
	uint64_t preferred;                  /* where it wants to run */
	uint64_t init_size;                  /* of the memory it needs there to begin with */
	uint64_t initrd_limit;               /* the initrd ends there at the latest */
	uint32_t command_line_most;          /* characters */
};

/* InvalidData names the field that cannot be true. */
enum error linux_image_parse(const struct load_file *file, struct linux_image *image,
			     struct reason *why) must_check;

/* The entry that a VM asks for, or the widest if it does not mind; Unsupported if the image has no
 * such entry. */
enum error linux_image_entry(const struct linux_image *image, enum spec_entry wanted,
			     enum spec_entry *entry, struct reason *why) must_check;

#endif
