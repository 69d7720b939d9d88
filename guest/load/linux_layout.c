/* The kernel first, as it is the choosiest; the initrd high, the small things low. */
#include "guest/load/linux_layout.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define LOAD_HIGH         MIB(1)
#define LOAD_LOW          0x10000u
#define INITRD_ALIGNMENT  PAGE_SIZE
/* The kernel's unpacker finds the next archive on a boundary of four bytes. */
#define ARCHIVE_ALIGNMENT 4
#define REACHED_ABOVE_4G  GIB(512) /* by the identity map: start_tables.h */
#define LOADER_UNKNOWN    0xff

enum error linux_load_start(struct linux_load *load, const struct load_target *target,
			    const struct load_file *kernel, const struct load_file *initrds,
			    unsigned initrd_count, enum spec_entry entry, struct reason *why)
{
	*load = (struct linux_load) { .command_line = kernel->string,
				      .options = linux_options_read(kernel->string),
				      .initrds = initrds,
				      .initrd_count = initrd_count };
	placement_start(&load->placement, "linux", target);
	enum error error = linux_image_parse(kernel, &load->image, why);

	return error ? error : linux_image_entry(&load->image, entry, &load->entry, why);
}

/* A relocatable kernel that is entered in protected mode: where it wants to be, or higher. A kernel
 * runs no lower than where it wants to be, wherever it is loaded. */
static enum error place_relocatable(struct linux_load *load, uint64_t size, uint8_t **memory,
				    struct reason *why)
{
	const struct linux_image *image = &load->image;
	struct placement_wish wish = { .what = "the kernel",
				       .size = size,
				       .alignment = image->alignment,
				       .least = image->preferred,
				       .limit = GIB(4) };

	for (;; wish.alignment /= 2) {
		enum error error =
			placement_find(&load->placement, &wish, &load->kernel, memory, why);
		if (!error || wish.alignment == image->least_alignment) {
			load->alignment = wish.alignment;
			return error;
		}
	}
}

/* A kernel that lies where the protocol says and moves itself to where it wants to run. */
static enum error place_fixed(struct linux_load *load, uint8_t **memory, struct reason *why)
{
	const struct linux_image *image = &load->image;
	const uint64_t code_end = load->kernel + image->code_length;
	uint64_t start = image->preferred, size = image->init_size;
	uint8_t *both;

	if (!image->loaded_high || !size)
		return placement_claim(&load->placement, "the kernel", load->kernel,
				       image->code_length, memory, why);
	if (!range_is_valid(start, size) ||
	    !ranges_overlap(load->kernel, image->code_length, start, size)) {
		enum error error = placement_claim(&load->placement, "the kernel", load->kernel,
						   image->code_length, memory, why);
		return error ? error
			     : placement_claim(&load->placement, "the unpacked kernel", start, size,
					       NULL, why);
	}
	/* Both in one piece. */
	uint64_t end = start + size > code_end ? start + size : code_end;
	if (start > load->kernel)
		start = load->kernel;
	enum error error =
		placement_claim(&load->placement, "the kernel", start, end - start, &both, why);
	if (!error)
		*memory = both + (load->kernel - start);
	return error;
}

enum error linux_place_kernel(struct linux_load *load, uint8_t **memory, struct reason *why)
{
	const struct linux_image *image = &load->image;

	if (image->relocatable && load->entry != ENTRY_16) {
		uint64_t size = image->init_size > image->code_length ? image->init_size
								      : image->code_length;
		return place_relocatable(load, size, memory, why);
	}
	load->kernel = image->loaded_high ? LOAD_HIGH : LOAD_LOW;
	return place_fixed(load, memory, why);
}

enum error linux_place_command_line(struct linux_load *load, uint64_t least, uint64_t limit,
				    uint8_t **memory, struct reason *why)
{
	const size_t length = strlen(load->command_line);
	const struct placement_wish wish = { .what = "the command line",
					     .size = length + 1,
					     .alignment = 1,
					     .least = least,
					     .limit = limit };

	if (length > load->image.command_line_most)
		return reason_set(why, ERROR_INVALID_INPUT,
				  "linux: the command line has %zu bytes, and the kernel takes %u",
				  length, load->image.command_line_most);
	return placement_find(&load->placement, &wish, &load->command_line_at, memory, why);
}

/* All initrds end to end. False when the sum is no number. */
static bool sum_up(const struct linux_load *load, uint64_t *size)
{
	*size = 0;
	for (unsigned i = 0; i < load->initrd_count; i++) {
		uint64_t start = align_up(*size, ARCHIVE_ALIGNMENT);
		if (start < *size || __builtin_add_overflow(start, load->initrds[i].length, size))
			return false;
	}
	return true;
}

/* A place below the kernel's limit and the end of the memory that it is told to use; for a kernel
 * that can, and is entered with everything mapped, else above 4 GiB. */
static enum error find_initrd(struct linux_load *load, uint8_t **memory, struct reason *why)
{
	const struct linux_image *image = &load->image;
	const uint64_t used = load->options.memory_end;
	struct placement_wish wish = { .what = "the initrd",
				       .size = load->initrd_size,
				       .alignment = INITRD_ALIGNMENT,
				       .least = LOAD_HIGH,
				       .limit = used < image->initrd_limit ? used
									   : image->initrd_limit,
				       .order = PLACE_HIGHEST };

	enum error error = placement_find(&load->placement, &wish, &load->initrd, memory, why);
	if (!error || load->entry != ENTRY_64 || !image->above_4g)
		return error;
	wish.limit = used < REACHED_ABOVE_4G ? used : REACHED_ABOVE_4G;
	return placement_find(&load->placement, &wish, &load->initrd, memory, why);
}

enum error linux_place_initrd(struct linux_load *load, uint8_t **memory, struct reason *why)
{
	*memory = NULL;
	if (!sum_up(load, &load->initrd_size))
		return reason_set(why, ERROR_NO_MEMORY, "linux: the initrds are too long");
	if (!load->initrd_size)
		return ERROR_NONE;
	if (load->image.version < LINUX_2_00)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "linux: a kernel without a setup header takes no initrd");
	return find_initrd(load, memory, why);
}

void linux_join_initrds(const struct linux_load *load, uint8_t *to)
{
	uint64_t at = 0;

	for (unsigned i = 0; load->initrd_size && i < load->initrd_count; i++) {
		const struct load_file *file = &load->initrds[i];

		while (!is_aligned(at, ARCHIVE_ALIGNMENT))
			to[at++] = 0;
		if (file->length)
			memcpy(to + at, file->bytes, file->length);
		at += file->length;
	}
}

void linux_fill_header(const struct linux_load *load, uint8_t *header)
{
	if (load->image.version < LINUX_2_00)
		return;
	store_u8(header + LINUX_TYPE_OF_LOADER, LOADER_UNKNOWN);
	store_u16(header + LINUX_VID_MODE, load->options.video_mode);
	store_u32(header + LINUX_RAMDISK_IMAGE, (uint32_t)load->initrd);
	store_u32(header + LINUX_RAMDISK_SIZE, (uint32_t)load->initrd_size);
	if (load->image.version >= LINUX_2_02)
		store_u32(header + LINUX_CMD_LINE_PTR, (uint32_t)load->command_line_at);
}
