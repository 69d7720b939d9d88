/* The Multiboot2 boot information: layouts and parser. The block is untrusted. A fault in its
 * structure (a size that leads nowhere, no end tag) ends the parsing with InvalidData; a single bad
 * tag is complained of by type and offset and left out, and the rest counts. Layouts follow the
 * Multiboot2 Specification version 2.0, "Boot information". */
#ifndef BOOT_MULTIBOOT2_H
#define BOOT_MULTIBOOT2_H

#include "lib/complain.h"
#include "lib/error.h"
#include "lib/types.h"

/* In EAX when the boot loader hands over. */
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289u

#define MULTIBOOT2_TAG_ALIGN   8u
#define MULTIBOOT2_MAX_MODULES 64u

/* X(symbol, type, name, bytes a tag has at least) */
#define MULTIBOOT2_TAG_LIST(X)                                                         \
	X(MULTIBOOT2_TAG_END, 0, "end", 8)                                             \
	X(MULTIBOOT2_TAG_COMMAND_LINE, 1, "command line", 9)                           \
	X(MULTIBOOT2_TAG_LOADER_NAME, 2, "boot loader name", 9)                        \
	X(MULTIBOOT2_TAG_MODULE, 3, "module", 17)                                      \
	X(MULTIBOOT2_TAG_BASIC_MEMORY, 4, "basic memory", 16)                          \
	X(MULTIBOOT2_TAG_BOOT_DEVICE, 5, "boot device", 8)                             \
	X(MULTIBOOT2_TAG_MEMORY_MAP, 6, "memory map", 16)                              \
	X(MULTIBOOT2_TAG_VBE, 7, "VBE", 8)                                             \
	X(MULTIBOOT2_TAG_FRAMEBUFFER, 8, "framebuffer", 32)                            \
	X(MULTIBOOT2_TAG_ELF_SECTIONS, 9, "ELF sections", 8)                           \
	X(MULTIBOOT2_TAG_APM, 10, "APM", 8)                                            \
	X(MULTIBOOT2_TAG_EFI32, 11, "EFI 32-bit system table", 12)                     \
	X(MULTIBOOT2_TAG_EFI64, 12, "EFI 64-bit system table", 16)                     \
	X(MULTIBOOT2_TAG_SMBIOS, 13, "SMBIOS", 8)                                      \
	X(MULTIBOOT2_TAG_OLD_RSDP, 14, "old RSDP", 28)                                 \
	X(MULTIBOOT2_TAG_NEW_RSDP, 15, "new RSDP", 44)                                 \
	X(MULTIBOOT2_TAG_NETWORK, 16, "network", 8)                                    \
	X(MULTIBOOT2_TAG_EFI_MEMORY_MAP, 17, "EFI memory map", 16)                     \
	X(MULTIBOOT2_TAG_EFI_BOOT_SERVICES, 18, "EFI boot services not terminated", 8) \
	X(MULTIBOOT2_TAG_EFI32_IMAGE, 19, "EFI 32-bit image handle", 8)                \
	X(MULTIBOOT2_TAG_EFI64_IMAGE, 20, "EFI 64-bit image handle", 8)                \
	X(MULTIBOOT2_TAG_LOAD_BASE, 21, "image load base", 12)

enum multiboot2_tag_type {
#define X(symbol, type, name, minimum) symbol = (type),
	MULTIBOOT2_TAG_LIST(X)
#undef X
		MULTIBOOT2_TAG_TYPES
};

/* The fixed part of each tag as it lies in memory; 8-byte aligned by the specification. */
struct multiboot2_header {
	uint32_t total_size;
	uint32_t reserved;
};

struct multiboot2_tag {
	uint32_t type;
	uint32_t size; /* this head included, padding to the next tag not */
};

struct multiboot2_module_tag {
	struct multiboot2_tag tag;
	uint32_t start, end; /* physical; end is exclusive; the string follows */
};

struct multiboot2_basic_memory_tag {
	struct multiboot2_tag tag;
	uint32_t lower_kib, upper_kib;
};

/* The head of both memory maps. */
struct multiboot2_table_tag {
	struct multiboot2_tag tag;
	uint32_t record_size, record_version;
};

struct packed_layout multiboot2_memory_entry {
	uint64_t start, length;
	uint32_t type;
	uint32_t reserved;
};

struct packed_layout multiboot2_framebuffer_tag {
	struct multiboot2_tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits_per_pixel, type;
	uint16_t reserved;
	/* RGB only: */
	uint8_t red_position, red_size, green_position, green_size, blue_position, blue_size;
};

/* UEFI Specification, "EFI_BOOT_SERVICES.GetMemoryMap()". */
struct efi_memory_descriptor {
	uint32_t type, padding;
	uint64_t physical_start, virtual_start, page_count, attributes;
};

_Static_assert(sizeof(struct multiboot2_header) == 8, "Multiboot2: fixed part");
_Static_assert(sizeof(struct multiboot2_tag) == 8, "Multiboot2: tag head");
_Static_assert(sizeof(struct multiboot2_module_tag) == 16, "Multiboot2: module tag");
_Static_assert(sizeof(struct multiboot2_basic_memory_tag) == 16, "Multiboot2: basic memory tag");
_Static_assert(sizeof(struct multiboot2_table_tag) == 16, "Multiboot2: memory map tags");
_Static_assert(sizeof(struct multiboot2_memory_entry) == 24, "Multiboot2: memory map entry");
_Static_assert(offsetof(struct multiboot2_framebuffer_tag, pitch) == 16, "Multiboot2: pitch");
_Static_assert(offsetof(struct multiboot2_framebuffer_tag, type) == 29, "Multiboot2: type");
_Static_assert(offsetof(struct multiboot2_framebuffer_tag, red_position) == 32, "Multiboot2: RGB");
_Static_assert(sizeof(struct multiboot2_framebuffer_tag) == 38, "Multiboot2: framebuffer tag");
_Static_assert(sizeof(struct efi_memory_descriptor) == 40, "UEFI: memory descriptor");

/* Where the block lies, and what modules must not touch. */
struct multiboot2_source {
	const void *info;      /* through some mapping; any alignment is safe */
	size_t available;      /* bytes that may be read at `info` */
	hpa_t at;              /* the block's physical address */
	hpa_t image;           /* Plinth's own image */
	uint64_t image_length; /* 0: do not check against the image */
};

struct multiboot2_module {
	hpa_t start;
	uint64_t length;    /* may be 0: an empty file */
	const char *string; /* terminated, in the block */
	uint32_t offset;    /* of the tag in the block, for messages */
};

/* A table inside the block whose records are `record_size` bytes apart; `records` null: absent. */
struct multiboot2_table {
	const uint8_t *records;
	uint32_t record_size;
	uint32_t count;
};

/* A piece of the block; `bytes` null: absent. */
struct multiboot2_bytes {
	const uint8_t *bytes;
	uint32_t length;
};

enum multiboot2_framebuffer_type {
	MULTIBOOT2_FRAMEBUFFER_INDEXED = 0,
	MULTIBOOT2_FRAMEBUFFER_RGB = 1,
	MULTIBOOT2_FRAMEBUFFER_TEXT = 2, /* EGA text; width and height in characters */
};

struct multiboot2_framebuffer {
	bool present;
	enum multiboot2_framebuffer_type type;
	hpa_t address;
	uint32_t pitch; /* bytes from one row to the next */
	uint32_t width, height;
	uint8_t bits_per_pixel;
	/* RGB only: a field's lowest bit, and its width in bits (1 .. 16). */
	uint8_t red_position, red_size, green_position, green_size, blue_position, blue_size;
};

/* Pointers lead into the block: it has to stay as long as they are used. */
struct multiboot2_info {
	uint32_t total_size;
	const char *command_line; /* "" when absent */
	const char *loader_name;  /* "" when absent */
	unsigned module_count;
	struct multiboot2_module modules[MULTIBOOT2_MAX_MODULES];
	bool has_basic_memory;
	uint32_t lower_kib, upper_kib; /* from 0, and from 1 MiB up to the first hole */
	struct multiboot2_table memory_map;
	struct multiboot2_table efi_memory_map;
	bool efi_boot_services;    /* still running: ExitBootServices has not been called */
	uint64_t efi_system_table; /* physical; 0: not EFI */
	bool efi_is_64bit;
	struct multiboot2_bytes old_rsdp, new_rsdp;
	struct multiboot2_framebuffer framebuffer;
	bool has_load_base;
	uint32_t load_base;
};

/* Parses the block at `source` into `out`. InvalidData with the tag's type and offset in `why` when
 * the structure is broken; `out` then holds what came before. `complaints` (may be null) hears of
 * tags that are left out. Pure; any context. */
enum error multiboot2_parse(const struct multiboot2_source *source, struct multiboot2_info *out,
			    const struct complaints *complaints, struct reason *why) must_check;

/* Record `index` (below `table->count`) of the two memory maps. */
struct multiboot2_memory_entry multiboot2_memory_entry(const struct multiboot2_table *table,
						       uint32_t index);
struct efi_memory_descriptor multiboot2_efi_descriptor(const struct multiboot2_table *table,
						       uint32_t index);

/* "framebuffer" for 8; "unknown" for a type that the specification does not have. */
const char *multiboot2_tag_name(uint32_t type);

#endif
