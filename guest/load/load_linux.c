/* The two ways in: protected or long mode with boot parameters that this loader makes, and real mode,
 * where the kernel's own code makes them. */
#include "guest/load/load_linux.h"

#include "guest/load/linux_layout.h"
#include "guest/load/linux_real_mode.h"
#include "guest/load/start_tables.h"
#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

/* Linux, "Zero Page": what of struct boot_params is not the setup header. */
enum boot_params {
	PARAMS_EXT_MEM_K = 0x002,         /* 16 bits: screen_info's, KiB above 1 MiB */
	PARAMS_VIDEO_MODE = 0x006,        /* 8 bits */
	PARAMS_VIDEO_COLUMNS = 0x007,     /* 8 bits */
	PARAMS_VIDEO_LINES = 0x00e,       /* 8 bits */
	PARAMS_VIDEO_IS_VGA = 0x00f,      /* 8 bits */
	PARAMS_VIDEO_POINTS = 0x010,      /* 16 bits: lines of a character */
	PARAMS_ACPI_RSDP = 0x070,         /* 64 bits */
	PARAMS_EXT_RAMDISK_IMAGE = 0x0c0, /* 32 bits, the upper ones */
	PARAMS_EXT_RAMDISK_SIZE = 0x0c4,
	PARAMS_ALT_MEM_K = 0x1e0,  /* 32 bits: KiB above 1 MiB */
	PARAMS_E820_COUNT = 0x1e8, /* 8 bits */
	PARAMS_E820 = 0x2d0,       /* 20 bytes each */
	PARAMS_SIZE = 0x1000,
};

#define VGA_MODE_TEXT 3
#define VGA_COLUMNS   80
#define VGA_LINES     25
#define VGA_POINTS    16
#define ONE_MIB       MIB(1)

#define ENTRY_PARAGRAPHS 0x20u /* of the setup code, behind the boot sector */
_Static_assert(LOAD_MEMORY_ENTRIES <= 128, "the boot parameters have room for 128 entries");

static void fill_memory_map(const struct load_target *target, uint8_t *params)
{
	uint64_t above = 0; /* RAM from 1 MiB, in one piece */

	for (unsigned i = 0; i < target->map.count; i++) {
		const struct memory_entry *entry = &target->map.entries[i];
		uint8_t *slot = params + PARAMS_E820 + i * MEMORY_ENTRY_SHORT;

		memcpy(slot, entry, MEMORY_ENTRY_SHORT);
		if (entry->kind == MEMORY_RAM && entry->start == ONE_MIB)
			above = entry->length / KIB(1);
	}
	store_u8(params + PARAMS_E820_COUNT, (uint8_t)target->map.count);
	store_u32(params + PARAMS_ALT_MEM_K, above > UINT32_MAX ? UINT32_MAX : (uint32_t)above);
	store_u16(params + PARAMS_EXT_MEM_K, above > UINT16_MAX ? UINT16_MAX : (uint16_t)above);
}

static void fill_screen(uint8_t *params)
{
	store_u8(params + PARAMS_VIDEO_MODE, VGA_MODE_TEXT);
	store_u8(params + PARAMS_VIDEO_COLUMNS, VGA_COLUMNS);
	store_u8(params + PARAMS_VIDEO_LINES, VGA_LINES);
	store_u8(params + PARAMS_VIDEO_IS_VGA, 1);
	store_u16(params + PARAMS_VIDEO_POINTS, VGA_POINTS);
}

static void fill_params(const struct linux_load *load, uint8_t *params)
{
	const struct linux_image *image = &load->image;
	const struct load_target *target = load->placement.target;

	memset(params, 0, PARAMS_SIZE);
	memcpy(params + LINUX_SETUP_SECTS, image->setup + LINUX_SETUP_SECTS,
	       image->header_end - LINUX_SETUP_SECTS);
	linux_fill_header(load, params);
	store_u32(params + LINUX_CODE32_START, (uint32_t)load->kernel);
	if (image->relocatable && image->version >= LINUX_2_10)
		store_u32(params + LINUX_KERNEL_ALIGNMENT, (uint32_t)load->alignment);
	store_u32(params + PARAMS_EXT_RAMDISK_IMAGE, (uint32_t)(load->initrd >> 32));
	store_u32(params + PARAMS_EXT_RAMDISK_SIZE, (uint32_t)(load->initrd_size >> 32));
	store_u64(params + PARAMS_ACPI_RSDP, target->rsdp);
	fill_memory_map(target, params);
	if (target->vga_text)
		fill_screen(params);
}

static void copy_command_line(const struct linux_load *load, uint8_t *to)
{
	memcpy(to, load->command_line, strlen(load->command_line) + 1);
}

static enum error load_protected(struct linux_load *load, struct boot_state *out,
				 struct reason *why)
{
	const bool wide = load->entry == ENTRY_64;
	const struct placement_wish wish = { .what = "the boot parameters",
					     .size = PARAMS_SIZE,
					     .alignment = PAGE_SIZE,
					     .limit = GIB(4) };
	uint8_t *kernel, *params, *command_line, *initrd;
	uint64_t at;

	enum error error = linux_place_kernel(load, &kernel, why);
	if (!error)
		error = start_flat(&load->placement, wide ? VCPU_MODE_LONG64 : VCPU_MODE_PROT32,
				   out, why);
	if (!error && wide)
		error = start_identity_map(&load->placement, out, why);
	if (!error)
		error = placement_find(&load->placement, &wish, &at, &params, why);
	if (!error)
		error = linux_place_command_line(load, 0, GIB(4), &command_line, why);
	if (!error)
		error = linux_place_initrd(load, &initrd, why);
	if (error)
		return error;
	memcpy(kernel, load->image.code, load->image.code_length);
	copy_command_line(load, command_line);
	linux_join_initrds(load, initrd);
	fill_params(load, params);
	out->rip = load->kernel + (wide ? LINUX_64_BIT_ENTRY : 0);
	out->gpr[RSI] = at;
	return ERROR_NONE;
}

static enum error load_real_mode(struct linux_load *load, struct boot_state *out,
				 struct reason *why)
{
	const struct linux_image *image = &load->image;
	struct linux_real_mode real;
	enum error error = linux_real_mode_place(load, &real, why);

	if (error)
		return error;
	memcpy(real.kernel, image->code, image->code_length);
	memcpy(real.setup, image->setup, image->setup_length);
	linux_real_mode_fill(load, &real, real.setup);
	copy_command_line(load, real.command_line);
	linux_join_initrds(load, real.initrd);
	out->mode = VCPU_MODE_REAL16;
	out->cs = (uint16_t)((real.at >> 4) + ENTRY_PARAGRAPHS);
	out->ds = (uint16_t)(real.at >> 4);
	out->gpr[RSP] = real.heap_end;
	return ERROR_NONE;
}

enum error load_linux(const struct load_target *target, const struct load_file *kernel,
		      const struct load_file *initrds, unsigned initrd_count, enum spec_entry entry,
		      struct boot_state *out, struct reason *why)
{
	struct linux_load load;
	enum error error =
		linux_load_start(&load, target, kernel, initrds, initrd_count, entry, why);

	*out = (struct boot_state) { 0 };
	if (error)
		return error;
	return load.entry == ENTRY_16 ? load_real_mode(&load, out, why)
				      : load_protected(&load, out, why);
}
