/* SMBIOS's structures and what stands in them (guest/tables/smbios.h), as version 2.8 lays them out. A text
 * is a number that counts the strings behind its structure from 1 on, 0 where there is none. Pure. */
#ifndef GUEST_TABLES_SMBIOS_LAYOUT_H
#define GUEST_TABLES_SMBIOS_LAYOUT_H

#include "guest/pc/pc_layout.h"
#include "guest/tables/smbios.h"
#include "lib/bits.h"

#define VERSION_MAJOR 2
#define VERSION_MINOR 8

/* Where in the entry point "_DMI_" begins, which has a checksum of its own. */
#define ENTRY_SECOND_AT    offsetof(struct entry, second_anchor)
#define ENTRY_BCD_REVISION (VERSION_MAJOR << 4 | VERSION_MINOR)

enum structure {
	STRUCTURE_BIOS = 0,
	STRUCTURE_SYSTEM = 1,
	STRUCTURE_CHASSIS = 3,
	STRUCTURE_PROCESSOR = 4,
	STRUCTURE_MEMORY_ARRAY = 16,
	STRUCTURE_MEMORY_DEVICE = 17,
	STRUCTURE_MEMORY_MAPPED = 19,
	STRUCTURE_BOOT = 32,
	STRUCTURE_END = 127,
};

#define HANDLE(type)         ((unsigned)(type) << 8) /* of the first structure of a type */
#define HANDLE_NONE          0xffff
#define HANDLE_ERRORS_UNTOLD 0xfffe

/* BIOS Information. */
#define BIOS_SEGMENT         (PC_BIOS_AREA >> 4)
#define BIOS_SIZE_64K        0
#define BIOS_PCI             BIT(7)
#define BIOS_KEYBOARD        BIT(27) /* INT 9H */
#define BIOS_SERIAL          BIT(28) /* INT 14H */
#define BIOS_VIDEO           BIT(30) /* INT 10H */
#define BIOS_EXTENSION_ACPI  BIT(0)  /* extension byte 1 */
#define BIOS_VIRTUAL_MACHINE BIT(4)  /* extension byte 2 */
#define BIOS_NO_EMBEDDED     0xffff /* release of an embedded controller's firmware: there is none */

/* System Information. */
#define WAKE_UP_POWER_SWITCH 6
#define UUID_SIZE            16
#define UUID_VERSION_AT      7 /* a word, little-endian: its upper byte */
#define UUID_VERSION_CUSTOM  0x80
#define UUID_VARIANT_AT      8
#define UUID_VARIANT         0x80

/* System Enclosure or Chassis. */
#define CHASSIS_OTHER    1
#define CHASSIS_SAFE     3
#define CHASSIS_UNLOCKED 3

/* Processor Information. */
#define PROCESSOR_CENTRAL    3
#define PROCESSOR_OTHER      1            /* family, upgrade */
#define PROCESSOR_ENABLED    (BIT(6) | 1) /* the socket is populated */
#define PROCESSOR_64_BIT     BIT(2)
#define PROCESSOR_MULTI_CORE BIT(3)

/* Memory. */
#define ARRAY_SYSTEM_BOARD 3
#define ARRAY_SYSTEM       3 /* what it is used for: system memory */
#define ARRAY_NO_ECC       3
#define ARRAY_EXTENDED     0x80000000u /* KiB: see the field of 64 bits */
#define DEVICE_UNKNOWN     0xffff      /* width */
#define DEVICE_KIB         BIT(15)     /* the size is in KiB, not MiB */
#define DEVICE_EXTENDED    0x7fff      /* MiB: see the field of 32 bits */
#define DEVICE_DIMM        9
#define DEVICE_RAM         7
#define DEVICE_DETAIL      BIT(1) /* other */
#define MAPPED_EXTENDED    0xffffffffu

struct packed_layout head {
	uint8_t type, length; /* without the strings */
	uint16_t handle;
};

#define HEAD_OF(type, n, structure)                                                       \
	{                                                                                 \
		(type), (uint8_t)sizeof(struct structure), (uint16_t)(HANDLE(type) + (n)) \
	}
#define HEAD(type, structure) HEAD_OF(type, 0, structure)

struct packed_layout bios {
	struct head head;
	uint8_t maker, version; /* texts, as is what has no other meaning */
	uint16_t segment;
	uint8_t date, rom_size;
	uint64_t features;
	uint8_t extensions[2];
	uint8_t release[2];
	uint16_t embedded_release;
};
_Static_assert(sizeof(struct bios) == 24, "SMBIOS: BIOS Information");

struct packed_layout system {
	struct head head;
	uint8_t maker, product, version, serial_number;
	uint8_t uuid[UUID_SIZE];
	uint8_t wake_up, sku, family;
};
_Static_assert(sizeof(struct system) == 27, "SMBIOS: System Information");

struct packed_layout chassis {
	struct head head;
	uint8_t maker, type, version, serial_number, asset_tag;
	uint8_t boot_state, power_state, thermal_state, security;
	uint32_t own; /* the maker's */
	uint8_t height, power_cords, parts, part_length;
};
_Static_assert(sizeof(struct chassis) == 21, "SMBIOS: System Enclosure or Chassis");

struct packed_layout processor {
	struct head head;
	uint8_t socket, type, family, maker;
	uint32_t signature, features;
	uint8_t version, voltages;
	uint16_t clock_mhz, most_mhz, now_mhz;
	uint8_t status, upgrade;
	uint16_t caches[3];
	uint8_t serial_number, asset_tag, part_number;
	uint8_t cores, enabled, threads;
	uint16_t features_2, family_2;
};
_Static_assert(sizeof(struct processor) == 42, "SMBIOS: Processor Information");

struct packed_layout memory_array {
	struct head head;
	uint8_t location, use, correction;
	uint32_t kib;
	uint16_t error_handle, devices;
	uint64_t bytes;
};
_Static_assert(sizeof(struct memory_array) == 23, "SMBIOS: Physical Memory Array");

struct packed_layout memory_device {
	struct head head;
	uint16_t array, error_handle;
	uint16_t total_width, data_width;
	uint16_t size;
	uint8_t form, set, locator, bank, type;
	uint16_t detail, speed;
	uint8_t maker, serial_number, asset_tag, part_number, rank;
	uint32_t mib;
	uint16_t speed_now;
	uint16_t voltages[3]; /* least, most, now */
};
_Static_assert(sizeof(struct memory_device) == 40, "SMBIOS: Memory Device");

struct packed_layout memory_mapped {
	struct head head;
	uint32_t first_kib, last_kib;
	uint16_t array;
	uint8_t devices; /* in a row */
	uint64_t first, last;
};
_Static_assert(sizeof(struct memory_mapped) == 31, "SMBIOS: Memory Array Mapped Address");

struct packed_layout boot {
	struct head head;
	uint8_t reserved[6], errors;
};
_Static_assert(sizeof(struct boot) == 11, "SMBIOS: System Boot Information");

struct packed_layout entry {
	char anchor[4];
	uint8_t sum, length, major, minor;
	uint16_t largest;
	uint8_t revision, formatted[5];
	char second_anchor[5];
	uint8_t second_sum;
	uint16_t structures_length;
	uint32_t structures;
	uint16_t count;
	uint8_t bcd_revision;
};
_Static_assert(sizeof(struct entry) == SMBIOS_ENTRY_BYTES, "SMBIOS: Entry Point Structure");

#endif
