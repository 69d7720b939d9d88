/* Multiboot2: loads as the header's tags want it, and tells the kernel of its machine in tags. */
#include "guest/load/load_multiboot2.h"

#include "boot/multiboot2.h"
#include "guest/load/kernel_sections.h"
#include "lib/bits.h"
#include "lib/string.h"

/* The head of the tag of ELF sections; the headers follow. */
struct sections_tag {
	struct multiboot2_tag tag;
	uint32_t count, size, names;
};

/* ACPI, "Root System Description Pointer": revision 0 is the shorter one of ACPI 1.0. */
enum { RSDP_REVISION = 15, OLD_RSDP_LENGTH = 20, OLD_REVISIONS = 2 };

/* Each tag begins at a multiple of eight bytes. Returns where, for end_tag(). */
static uint64_t put_head(struct info_writer *writer, const void *head, uint32_t length)
{
	info_align(writer, MULTIBOOT2_TAG_ALIGN);
	return info_put(writer, head, length);
}

/* Puts the size of the tag that began at `at` into its head. */
static void end_tag(struct info_writer *writer, uint64_t at)
{
	uint32_t size = (uint32_t)(writer->start + writer->used - at);

	info_replace(writer, at + offsetof(struct multiboot2_tag, size), &size, sizeof(size));
}

static void put_bytes(struct info_writer *writer, uint32_t type, const void *bytes, uint64_t length)
{
	const struct multiboot2_tag head = { .type = type };
	uint64_t at = put_head(writer, &head, sizeof(head));

	info_put(writer, bytes, length);
	end_tag(writer, at);
}

static void put_text(struct info_writer *writer, uint32_t type, const char *text)
{
	put_bytes(writer, type, text, strlen(text) + 1);
}

static void put_modules(struct info_writer *writer, const struct kernel_load *load)
{
	for (unsigned n = 0; n < load->module_count; n++) {
		uint64_t start = load->module_at[n];
		const struct multiboot2_module_tag tag = {
			.tag = { .type = MULTIBOOT2_TAG_MODULE },
			.start = (uint32_t)start,
			.end = (uint32_t)(start + load->modules[n].length),
		};
		uint64_t at = put_head(writer, &tag, sizeof(tag));

		info_put_string(writer, load->modules[n].string);
		end_tag(writer, at);
	}
}

static void put_memory(struct info_writer *writer, const struct load_target *target)
{
	const struct info_memory memory = info_memory_sizes(target);
	const struct multiboot2_table_tag head = {
		.tag = { .type = MULTIBOOT2_TAG_MEMORY_MAP },
		.record_size = sizeof(target->map.entries[0]),
	};

	put_bytes(writer, MULTIBOOT2_TAG_BASIC_MEMORY, &memory, sizeof(memory));
	uint64_t at = put_head(writer, &head, sizeof(head));
	info_put_map(writer, target);
	end_tag(writer, at);
}

static void put_sections(struct info_writer *writer, const struct kernel_load *load)
{
	const struct elf_image *elf = &load->elf;
	const struct sections_tag head = {
		.tag = { .type = MULTIBOOT2_TAG_ELF_SECTIONS },
		.count = elf->section_count,
		.size = elf->section_size,
		.names = elf->section_names,
	};

	if (!elf->section_count)
		return;
	uint64_t at = put_head(writer, &head, sizeof(head));
	kernel_sections_put(writer, load);
	end_tag(writer, at);
}

/* Without colours, which are RGB's. */
static void put_screen(struct info_writer *writer)
{
	const struct multiboot2_framebuffer_tag tag = {
		.tag = { .type = MULTIBOOT2_TAG_FRAMEBUFFER },
		.address = TEXT_SCREEN_AT,
		.pitch = TEXT_SCREEN_COLUMNS * TEXT_SCREEN_CELL,
		.width = TEXT_SCREEN_COLUMNS,
		.height = TEXT_SCREEN_ROWS,
		.bits_per_pixel = TEXT_SCREEN_CELL * 8,
		.type = TEXT_SCREEN_TYPE,
	};

	end_tag(writer,
		put_head(writer, &tag, offsetof(struct multiboot2_framebuffer_tag, red_position)));
}

/* A new table begins with all that an old one has. */
static void put_rsdp(struct info_writer *writer, const struct load_target *target)
{
	const uint8_t *rsdp = target->rsdp_bytes;

	if (!rsdp)
		return;
	put_bytes(writer, MULTIBOOT2_TAG_OLD_RSDP, rsdp, OLD_RSDP_LENGTH);
	if (rsdp[RSDP_REVISION] >= OLD_REVISIONS)
		put_bytes(writer, MULTIBOOT2_TAG_NEW_RSDP, rsdp, ACPI_RSDP_LENGTH);
}

static void write_info(struct info_writer *writer, const struct kernel_load *load,
		       const void *context)
{
	const struct multiboot2_wants *wants = context;
	struct multiboot2_header header = { 0 };
	uint64_t start = info_put(writer, &header, sizeof(header));

	put_text(writer, MULTIBOOT2_TAG_COMMAND_LINE, load->kernel->string);
	put_text(writer, MULTIBOOT2_TAG_LOADER_NAME, MULTIBOOT_LOADER_NAME);
	put_modules(writer, load);
	put_memory(writer, load->target);
	put_sections(writer, load);
	if (load->target->vga_text)
		put_screen(writer);
	put_rsdp(writer, load->target);
	if (wants->has_relocation) { /* or may have been: told in any case */
		uint32_t base = (uint32_t)load->low;
		put_bytes(writer, MULTIBOOT2_TAG_LOAD_BASE, &base, sizeof(base));
	}
	put_bytes(writer, MULTIBOOT2_TAG_END, NULL, 0);
	header.total_size = (uint32_t)writer->used;
	info_replace(writer, start, &header, sizeof(header));
}

static enum error load_image(struct kernel_load *load, uint64_t offset,
			     const struct multiboot2_wants *wants, struct reason *why)
{
	const struct kernel_wish *wish = wants->has_relocation ? &wants->relocation : NULL;

	if (wants->console_required && !(wants->takes_text && load->target->vga_text))
		return reason_set(why, ERROR_UNSUPPORTED,
				  "multiboot: the header at 0x%lx requires a console; it takes %s, "
				  "and the VM has %s",
				  offset, wants->takes_text ? "text" : "graphics only",
				  load->target->vga_text ? "VGA text" : "none");
	if (!wants->has_addresses)
		return multiboot_load_elf(load, wants->has_entry ? &wants->entry : NULL, wish, why);
	if (!wants->has_entry)
		return reason_set(why, ERROR_INVALID_DATA,
				  "multiboot: the header at 0x%lx has an address tag, but no entry "
				  "address tag",
				  offset);
	return multiboot_load_addresses(load, offset, &wants->addresses, wants->entry, wish, why);
}

enum error load_multiboot2(struct kernel_load *load, uint64_t offset, struct boot_state *out,
			   struct reason *why)
{
	struct multiboot2_wants wants;
	enum error error = multiboot2_read_header(load->kernel, offset, &wants, why);

	if (!error)
		error = load_image(load, offset, &wants, why);
	return error ? error
		     : multiboot_enter(load, MULTIBOOT2_LOADER_MAGIC, write_info, &wants, out, why);
}
