/* Fields are read from a copy of the header that is zero behind its end, so that a header which is
 * shorter than its version wants reads as zeroes, as the kernel itself will see it. */
#include "guest/load/linux_image.h"

#include "lib/bits.h"
#include "lib/bytes.h"
#include "lib/string.h"

#define SECTOR                512
#define DEFAULT_SETUP_SECTS   4
#define SETUP_MOST            KIB(32)
#define BOOT_FLAG             0xaa55
#define HEADER_MAGIC          0x53726448u /* "HdrS" */
#define JUMP_SHORT            0xeb
#define PARAGRAPH             16
#define OLD_INITRD_LIMIT      0x38000000u
#define OLD_COMMAND_LINE_MOST 255
#define DEFAULT_ADDRESS       MIB(1)
#define ALIGNMENT_MOST        GIB(1)
/* Kernels that do not tell unpack to about three times their size. */
#define UNPACKED_TIMES        3

/* Splits the file at the end of the real-mode code. */
static enum error split(const struct load_file *file, struct linux_image *image, struct reason *why)
{
	if (file->length < 2 * SECTOR)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"linux: the image ends after 0x%llx bytes, before its header does",
			(unsigned long long)file->length);
	unsigned flag = load_u16(file->bytes + LINUX_BOOT_FLAG);
	if (flag != BOOT_FLAG)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: boot_flag at 0x1fe is 0x%x, not 0xaa55: no Linux kernel",
				  flag);
	unsigned sectors = load_u8(file->bytes + LINUX_SETUP_SECTS);
	if (!sectors)
		sectors = DEFAULT_SETUP_SECTS;
	image->setup = file->bytes;
	image->setup_length = (sectors + 1) * SECTOR;
	if (image->setup_length > SETUP_MOST)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: setup_sects at 0x1f1 is %u, and 63 is the most", sectors);
	if (image->setup_length >= file->length)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"linux: setup_sects at 0x1f1 is %u, and the image ends after 0x%llx "
			"bytes",
			sectors, (unsigned long long)file->length);
	image->code = file->bytes + image->setup_length;
	image->code_length = file->length - image->setup_length;
	return ERROR_NONE;
}

/* Copies the header, as far as it says that it goes, into `header`, which is zero. The first version
 * has what lies before heap_end_ptr. */
static enum error copy_header(struct linux_image *image, uint8_t *header, struct reason *why)
{
	const unsigned jump = load_u8(image->setup + LINUX_JUMP);
	const uint32_t end = LINUX_HEADER + load_u8(image->setup + LINUX_JUMP + 1);

	if (jump != JUMP_SHORT || end < LINUX_HEAP_END_PTR || end > LINUX_HEADER_LIMIT)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: the jump at 0x200 is 0x%x to 0x%x, which ends no header",
				  jump, end);
	image->header_end = end;
	image->version = load_u16(image->setup + LINUX_VERSION);
	if (image->version < LINUX_2_00)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: version at 0x206 is 0x%x, and 0x200 is the first",
				  image->version);
	memcpy(header + LINUX_SETUP_SECTS, image->setup + LINUX_SETUP_SECTS,
	       end - LINUX_SETUP_SECTS);
	return ERROR_NONE;
}

static enum error check_lengths(const struct linux_image *image, const uint8_t *header,
				struct reason *why)
{
	const uint64_t told = (uint64_t)load_u32(header + LINUX_SYSSIZE) * PARAGRAPH;
	const uint64_t offset = load_u32(header + LINUX_PAYLOAD_OFFSET);
	const uint64_t length = load_u32(header + LINUX_PAYLOAD_LENGTH);

	/* The last paragraph need not be whole. */
	if (image->version >= LINUX_2_04 && told >= image->code_length + PARAGRAPH)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"linux: the image is cut: syssize at 0x1f4 tells of 0x%llx bytes, "
			"0x%llx are there",
			(unsigned long long)told, (unsigned long long)image->code_length);
	if (image->version >= LINUX_2_08 && offset && offset + length > image->code_length)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: payload_offset 0x%llx and payload_length 0x%llx at 0x248 "
				  "lead out of the image",
				  (unsigned long long)offset, (unsigned long long)length);
	return ERROR_NONE;
}

/* Where the kernel can run, and how much memory that takes. */
static enum error read_place(struct linux_image *image, const uint8_t *header, struct reason *why)
{
	image->preferred = DEFAULT_ADDRESS;
	image->init_size = UNPACKED_TIMES * image->code_length;
	image->alignment = image->least_alignment = PAGE_SIZE;
	if (image->version >= LINUX_2_10) {
		image->init_size = load_u32(header + LINUX_INIT_SIZE);
		if (load_u64(header + LINUX_PREF_ADDRESS))
			image->preferred = load_u64(header + LINUX_PREF_ADDRESS);
	}
	if (image->version < LINUX_2_05 || !load_u8(header + LINUX_RELOCATABLE_KERNEL))
		return ERROR_NONE;
	image->relocatable = true;
	image->alignment = image->least_alignment = load_u32(header + LINUX_KERNEL_ALIGNMENT);
	if (!is_power_of_two(image->alignment) || image->alignment > ALIGNMENT_MOST)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"linux: kernel_alignment at 0x230 is 0x%llx, no power of two up to "
			"1 GiB",
			(unsigned long long)image->alignment);
	unsigned least = load_u8(header + LINUX_MIN_ALIGNMENT);
	if (image->version < LINUX_2_10 || !least)
		return ERROR_NONE;
	if (least >= 64 || BIT(least) > image->alignment)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: min_alignment at 0x235 is 2 to the %u, more than "
				  "kernel_alignment",
				  least);
	image->least_alignment = BIT(least);
	return ERROR_NONE;
}

enum error linux_image_parse(const struct load_file *file, struct linux_image *image,
			     struct reason *why)
{
	uint8_t header[LINUX_HEADER_LIMIT] = { 0 };

	*image = (struct linux_image) { .initrd_limit = OLD_INITRD_LIMIT,
					.command_line_most = OLD_COMMAND_LINE_MOST };
	enum error error = split(file, image, why);
	if (error || load_u32(image->setup + LINUX_HEADER) != HEADER_MAGIC)
		return error;
	error = copy_header(image, header, why);
	if (!error)
		error = check_lengths(image, header, why);
	if (!error)
		error = read_place(image, header, why);
	if (error)
		return error;
	image->loaded_high = load_u8(header + LINUX_LOADFLAGS) & LINUX_LOADED_HIGH;
	image->code32_start = load_u32(header + LINUX_CODE32_START);
	if (image->version >= LINUX_2_03)
		image->initrd_limit = (uint64_t)load_u32(header + LINUX_INITRD_ADDR_MAX) + 1;
	if (image->version >= LINUX_2_06)
		image->command_line_most = load_u32(header + LINUX_CMDLINE_SIZE);
	if (image->version >= LINUX_2_12) {
		unsigned flags = load_u16(header + LINUX_XLOADFLAGS);
		image->kernel_64 = flags & LINUX_KERNEL_64;
		image->above_4g = flags & LINUX_ABOVE_4G;
	}
	if (image->kernel_64 && image->code_length <= LINUX_64_BIT_ENTRY)
		return reason_set(why, ERROR_INVALID_DATA,
				  "linux: xloadflags at 0x236 tells of a 64-bit entry behind the "
				  "image's end");
	return ERROR_NONE;
}

/* Images that pose as a kernel for the sake of boot loaders say by code32_start 0 that they cannot
 * be entered but in real mode. */
static bool has_32_bit_entry(const struct linux_image *image)
{
	return image->version >= LINUX_2_02 && image->loaded_high && image->code32_start;
}

enum error linux_image_entry(const struct linux_image *image, enum spec_entry wanted,
			     enum spec_entry *entry, struct reason *why)
{
	const bool has_64 = image->kernel_64 && image->loaded_high;
	const bool has_32 = has_32_bit_entry(image);

	*entry = wanted;
	if (wanted == ENTRY_DEFAULT)
		*entry = has_64 ? ENTRY_64 : has_32 ? ENTRY_32 : ENTRY_16;
	if (wanted == ENTRY_64 && !has_64)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "linux: entry=64, and the image has no 64-bit entry (boot "
				  "protocol %x.%02u)",
				  image->version >> 8, image->version & 0xff);
	if (wanted == ENTRY_32 && !has_32)
		return reason_set(why, ERROR_UNSUPPORTED,
				  "linux: entry=32, and the image has no 32-bit entry (boot "
				  "protocol %x.%02u)",
				  image->version >> 8, image->version & 0xff);
	return ERROR_NONE;
}
