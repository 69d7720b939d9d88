/* Multiboot 1: the header's flags say what the kernel needs, and one structure of fixed fields tells
 * it what there is, each field with a flag of its own. */
#include "guest/load/load_multiboot1.h"

#include "guest/load/kernel_sections.h"
#include "guest/load/multiboot_image.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define LOADER_MAGIC 0x2badb002u /* in EAX */

/* "OS image format: The layout of Multiboot header". */
#define HEADER_MAGIC  0x1badb002u
#define HEADER_WITHIN 8192 /* bytes from the start of the file */
#define HEADER_ALIGN  4

struct header {
	uint32_t magic, flags, checksum;
};

/* It follows the header, and counts with HEADER_ADDRESSES. */
struct header_addresses {
	uint32_t header, load, load_end, bss_end, entry;
};

enum header_flag {
	HEADER_PAGE_ALIGN = 1u << 0,  /* modules begin at pages */
	HEADER_MEMORY_INFO = 1u << 1, /* tell of memory */
	HEADER_VIDEO = 1u << 2,       /* tell of the video mode */
	HEADER_ADDRESSES = 1u << 16,  /* load by the addresses in the header */
};

/* Of the lower half, which a boot loader has to obey. */
#define HEADER_REQUIRED 0xffffu
#define HEADER_KNOWN    (HEADER_PAGE_ALIGN | HEADER_MEMORY_INFO | HEADER_VIDEO)

/* "Boot information format". What is not told has no flag and is zero. */
struct packed_layout info {
	uint32_t flags;
	uint32_t lower_kib, upper_kib;
	uint32_t boot_device;
	uint32_t command_line;
	uint32_t module_count, modules;
	uint32_t section_count, section_size, sections, section_names;
	uint32_t map_length, map;
	uint32_t drives_length, drives, configuration;
	uint32_t loader_name;
	uint32_t apm;
	uint32_t vbe[4];
	uint64_t framebuffer;
	uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
	uint8_t framebuffer_bits, framebuffer_type;
	uint8_t colours[6];
};
_Static_assert(offsetof(struct info, map_length) == 44, "Multiboot: mmap_length");
_Static_assert(offsetof(struct info, loader_name) == 64, "Multiboot: boot_loader_name");
_Static_assert(offsetof(struct info, framebuffer) == 88, "Multiboot: framebuffer_addr");
_Static_assert(sizeof(struct info) == 116, "Multiboot: boot information");

enum info_flag {
	INFO_MEMORY = 1u << 0,
	INFO_COMMAND_LINE = 1u << 2,
	INFO_MODULES = 1u << 3,
	INFO_SECTIONS = 1u << 5,
	INFO_MAP = 1u << 6,
	INFO_LOADER_NAME = 1u << 9,
	INFO_FRAMEBUFFER = 1u << 12,
};

struct info_module {
	uint32_t start, end, string, reserved;
};

bool multiboot1_find(const struct load_file *kernel, uint64_t *offset)
{
	for (uint64_t at = 0; at + sizeof(struct header) <= kernel->length &&
			      at + sizeof(struct header) <= HEADER_WITHIN;
	     at += HEADER_ALIGN) {
		struct header header;

		memcpy(&header, kernel->bytes + at, sizeof(header));
		if (header.magic == HEADER_MAGIC &&
		    header.magic + header.flags + header.checksum == 0) {
			*offset = at;
			return true;
		}
	}
	return false;
}

static void put_modules(struct info_writer *writer, const struct kernel_load *load,
			struct info *info)
{
	uint32_t strings[KERNEL_MOST_MODULES];

	for (unsigned n = 0; n < load->module_count; n++)
		strings[n] = (uint32_t)info_put_string(writer, load->modules[n].string);
	info_align(writer, sizeof(uint32_t));
	info->flags |= INFO_MODULES;
	info->module_count = load->module_count;
	info->modules = (uint32_t)(writer->start + writer->used);
	for (unsigned n = 0; n < load->module_count; n++) {
		uint64_t start = load->module_at[n], end = start + load->modules[n].length;
		const struct info_module module = { (uint32_t)start, (uint32_t)end, strings[n], 0 };

		info_put(writer, &module, sizeof(module));
	}
}

static void put_map(struct info_writer *writer, const struct load_target *target, struct info *info)
{
	const struct info_memory memory = info_memory_sizes(target);
	const uint32_t size = MEMORY_ENTRY_SHORT; /* stands before each entry */

	info->flags |= INFO_MEMORY | INFO_MAP;
	info->lower_kib = memory.lower_kib;
	info->upper_kib = memory.upper_kib;
	info->map = (uint32_t)(writer->start + writer->used);
	for (unsigned i = 0; i < target->map.count; i++) {
		info_put(writer, &size, sizeof(size));
		info_put(writer, &target->map.entries[i], size);
	}
	info->map_length = target->map.count * (uint32_t)(sizeof(size) + size);
}

static void put_sections(struct info_writer *writer, const struct kernel_load *load,
			 struct info *info)
{
	const struct elf_image *elf = &load->elf;

	if (!elf->section_count)
		return;
	info_align(writer, sizeof(uint64_t));
	info->flags |= INFO_SECTIONS;
	info->section_count = elf->section_count;
	info->section_size = elf->section_size;
	info->section_names = elf->section_names;
	info->sections = (uint32_t)kernel_sections_put(writer, load);
}

static void write_info(struct info_writer *writer, const struct kernel_load *load,
		       const void *context)
{
	const struct header *header = context;
	struct info info = { 0 };
	uint64_t at = info_put(writer, &info, sizeof(info));

	info.flags = INFO_COMMAND_LINE | INFO_LOADER_NAME;
	info.command_line = (uint32_t)info_put_string(writer, load->kernel->string);
	info.loader_name = (uint32_t)info_put_string(writer, MULTIBOOT_LOADER_NAME);
	info_align(writer, sizeof(uint32_t));
	put_map(writer, load->target, &info);
	put_modules(writer, load, &info);
	put_sections(writer, load, &info);
	if (header->flags & HEADER_VIDEO && load->target->vga_text) {
		info.flags |= INFO_FRAMEBUFFER;
		info.framebuffer = TEXT_SCREEN_AT;
		info.framebuffer_pitch = TEXT_SCREEN_COLUMNS * TEXT_SCREEN_CELL;
		info.framebuffer_width = TEXT_SCREEN_COLUMNS;
		info.framebuffer_height = TEXT_SCREEN_ROWS;
		info.framebuffer_bits = TEXT_SCREEN_CELL * 8;
		info.framebuffer_type = TEXT_SCREEN_TYPE;
	}
	info_replace(writer, at, &info, sizeof(info));
}

static enum error load_image(struct kernel_load *load, const struct header *header, uint64_t offset,
			     struct reason *why)
{
	struct header_addresses raw;

	if (!(header->flags & HEADER_ADDRESSES))
		return multiboot_load_elf(load, NULL, NULL, why);
	if (load->kernel->length - offset < sizeof(*header) + sizeof(raw))
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: the file ends within the addresses of the header at "
				  "0x%lx",
				  offset);
	memcpy(&raw, load->kernel->bytes + offset + sizeof(*header), sizeof(raw));
	const struct multiboot_addresses addresses = { raw.header, raw.load, raw.load_end,
						       raw.bss_end };
	return multiboot_load_addresses(load, offset, &addresses, raw.entry, NULL, why);
}

enum error load_multiboot1(struct kernel_load *load, uint64_t offset, struct boot_state *out,
			   struct reason *why)
{
	struct header header;

	memcpy(&header, load->kernel->bytes + offset, sizeof(header));
	uint32_t unknown = header.flags & HEADER_REQUIRED & ~HEADER_KNOWN;
	if (unknown)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "multiboot: the header at 0x%lx requires what flag bit %d means, "
				  "which is unknown",
				  offset, __builtin_ctz(unknown));

	enum error error = load_image(load, &header, offset, why);
	return error ? error : multiboot_enter(load, LOADER_MAGIC, write_info, &header, out, why);
}
