/* Xen's direct boot: the note names the entry, and one structure leads to the command line, the
 * modules, the memory map and ACPI's tables. */
#include "guest/load/load_pvh.h"

#include "guest/load/kernel_info.h"
#include "guest/load/start_tables.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY. */
#define NOTE_NAME  "Xen"
#define NOTE_ENTRY 18

/* Xen, public/arch-x86/hvm/start_info.h. */
#define START_MAGIC   0x336ec578u
#define START_VERSION 1

struct start_info {
	uint32_t magic, version;
	uint32_t flags;
	uint32_t module_count;
	uint64_t modules, command_line, rsdp; /* guest-physical; 0: none */
	uint64_t map;
	uint32_t map_entries, reserved;
};
_Static_assert(sizeof(struct start_info) == 56, "PVH: hvm_start_info of version 1");

struct start_module {
	uint64_t start, length, command_line, reserved;
};

static void put_modules(struct info_writer *writer, const struct kernel_load *load,
			struct start_info *info)
{
	uint64_t strings[KERNEL_MOST_MODULES];

	if (!load->module_count)
		return;
	for (unsigned n = 0; n < load->module_count; n++)
		strings[n] = info_put_string(writer, load->modules[n].string);
	info_align(writer, sizeof(uint64_t));
	info->modules = writer->start + writer->used;
	info->module_count = load->module_count;
	for (unsigned n = 0; n < load->module_count; n++) {
		const struct start_module module = { load->module_at[n], load->modules[n].length,
						     strings[n], 0 };

		info_put(writer, &module, sizeof(module));
	}
}

static void write_info(struct info_writer *writer, const struct kernel_load *load,
		       const void *unused)
{
	struct start_info info = {
		.magic = START_MAGIC,
		.version = START_VERSION,
		.rsdp = load->target->rsdp,
		.map_entries = load->target->map.count,
	};
	uint64_t at = info_put(writer, &info, sizeof(info));

	info.map = info_put_map(writer, load->target);
	put_modules(writer, load, &info);
	info.command_line = info_put_string(writer, load->kernel->string);
	info_replace(writer, at, &info, sizeof(info));
}

/* The note's content is an address as wide as the linker wrote it. */
static enum error find_entry(const struct elf_image *elf, uint64_t *entry, struct reason *why)
{
	struct elf_note note;

	if (!elf_find_note(elf, NOTE_NAME, NOTE_ENTRY, &note))
		return reason_set(why, ERROR_INVALID_DATA,
				  "pvh: the kernel has no Xen note of type 18 (its entry point)");
	if (note.length != 4 && note.length != 8)
		return reason_set(why, ERROR_INVALID_DATA,
				  "pvh: the note of the entry point has %u bytes, neither 4 nor 8",
				  note.length);
	*entry = note.length == 8 ? load_u64(note.content) : load_u32(note.content);
	return ERROR_NONE;
}

enum error load_pvh(const struct load_target *target, const struct load_file *kernel,
		    const struct load_file *modules, unsigned module_count, struct boot_state *out,
		    struct reason *why)
{
	struct kernel_load load;
	uint64_t entry = 0, info;

	*out = (struct boot_state) { 0 };
	enum error error =
		kernel_load_start(&load, "pvh", target, kernel, modules, module_count, why);
	if (!error)
		error = kernel_load_open_elf(&load, why);
	if (!error)
		error = find_entry(&load.elf, &entry, why);
	if (!error)
		error = kernel_load_elf(&load, entry, NULL, why);
	if (!error)
		error = start_flat(&load.placement, VCPU_MODE_PROT32, out, why);
	if (!error)
		error = kernel_load_modules(&load, why);
	if (!error)
		error = info_place(&load, write_info, NULL, &info, why);
	if (error)
		return error;
	out->rip = load.entry;
	out->gpr[RBX] = info;
	return ERROR_NONE;
}
