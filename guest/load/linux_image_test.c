/* The header of a Linux image: every version's fields, entries, and every way to be malformed. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "tests/host/linux_builder.h"

static struct built_linux built;
static struct linux_image image;
static struct reason why;

static enum error parse(void)
{
	return linux_image_parse(&built.file, &image, &why);
}

static void a_kernel_of_today(void **state)
{
	build_linux(&built, 0x20f);
	assert_int_equal(parse(), 0);
	assert_ptr_equal(image.setup, built.bytes);
	assert_int_equal(image.setup_length, BUILT_SETUP);
	assert_ptr_equal(image.code, built.bytes + BUILT_SETUP);
	assert_int_equal(image.code_length, BUILT_CODE);
	assert_int_equal(image.header_end, 0x26c);
	assert_int_equal(image.version, 0x20f);
	assert_true(image.loaded_high && image.relocatable && image.kernel_64 && image.above_4g);
	assert_int_equal(image.code32_start, MIB(1));
	assert_int_equal(image.alignment, MIB(2));
	assert_int_equal(image.least_alignment, 1 << 13);
	assert_int_equal(image.preferred, BUILT_PREFERRED);
	assert_int_equal(image.init_size, BUILT_INIT_SIZE);
	assert_int_equal(image.initrd_limit, 0x80000000u);
	assert_int_equal(image.command_line_most, BUILT_LINE_MOST);
}

/* Rubbish where a version has no field is not read. */
static void kernels_of_yesterday(void **state)
{
	build_linux(&built, LINUX_2_10 + 1);
	assert_int_equal(parse(), 0);
	assert_false(image.kernel_64 || image.above_4g);
	build_linux(&built, LINUX_2_08);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.preferred, MIB(1));
	assert_int_equal(image.init_size, 3 * BUILT_CODE);
	assert_int_equal(image.least_alignment, BUILT_ALIGNMENT);
	build_linux(&built, LINUX_2_05);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.command_line_most, 255);
	assert_true(image.relocatable);
	build_linux(&built, LINUX_2_04);
	assert_int_equal(parse(), 0);
	assert_false(image.relocatable);
	build_linux(&built, LINUX_2_02);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.initrd_limit, 0x38000000);
	/* Its syssize has 16 bits, and cannot be trusted. */
	store_u32(built.bytes + LINUX_SYSSIZE, 0xffffffff);
	assert_int_equal(parse(), 0);
	build_linux(&built, LINUX_OLD);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.version, 0);
	assert_int_equal(image.header_end, 0);
	assert_false(image.loaded_high);
	/* No sectors means four. */
	store_u8(built.bytes + LINUX_SETUP_SECTS, 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(image.setup_length, 5 * 512);
}

static void entry(enum spec_entry wanted, enum spec_entry got)
{
	enum spec_entry found;

	assert_int_equal(parse(), 0);
	assert_int_equal(linux_image_entry(&image, wanted, &found, &why), 0);
	assert_int_equal(found, got);
}

static void no_entry(enum spec_entry wanted, const char *sentence)
{
	enum spec_entry found;

	assert_int_equal(parse(), 0);
	assert_int_equal(linux_image_entry(&image, wanted, &found, &why), ERROR_UNSUPPORTED);
	assert_string_equal(why.text, sentence);
}

static void entries(void **state)
{
	build_linux(&built, 0x20f);
	entry(ENTRY_DEFAULT, ENTRY_64);
	entry(ENTRY_64, ENTRY_64);
	entry(ENTRY_32, ENTRY_32);
	entry(ENTRY_16, ENTRY_16);
	store_u16(built.bytes + LINUX_XLOADFLAGS, 0);
	entry(ENTRY_DEFAULT, ENTRY_32);
	no_entry(ENTRY_64, "linux: entry=64, and the image has no 64-bit entry (boot protocol "
			   "2.15)");
	build_linux(&built, LINUX_2_02);
	entry(ENTRY_DEFAULT, ENTRY_32);
	build_linux(&built, LINUX_2_01);
	entry(ENTRY_DEFAULT, ENTRY_16);
	no_entry(ENTRY_32, "linux: entry=32, and the image has no 32-bit entry (boot protocol "
			   "2.01)");
	/* As iPXE has it. */
	build_linux(&built, 0x207);
	store_u32(built.bytes + LINUX_CODE32_START, 0);
	entry(ENTRY_DEFAULT, ENTRY_16);
	/* A zImage. */
	build_linux(&built, LINUX_2_02);
	store_u8(built.bytes + LINUX_LOADFLAGS, 0);
	entry(ENTRY_DEFAULT, ENTRY_16);
	build_linux(&built, LINUX_OLD);
	entry(ENTRY_DEFAULT, ENTRY_16);
}

static void refused(const char *sentence)
{
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	assert_string_equal(why.text, sentence);
	build_linux(&built, 0x20f);
}

static void malformed(void **state)
{
	uint8_t *b = built.bytes;

	build_linux(&built, 0x20f);
	built.file.length = 1023;
	refused("linux: the image ends after 0x3ff bytes, before its header does");
	store_u16(b + LINUX_BOOT_FLAG, 0x55aa);
	refused("linux: boot_flag at 0x1fe is 0x55aa, not 0xaa55: no Linux kernel");
	store_u8(b + LINUX_SETUP_SECTS, 64);
	refused("linux: setup_sects at 0x1f1 is 64, and 63 is the most");
	built.file.length = BUILT_SETUP;
	refused("linux: setup_sects at 0x1f1 is 4, and the image ends after 0xa00 bytes");
	store_u8(b + LINUX_JUMP, 0xe9);
	refused("linux: the jump at 0x200 is 0xe9 to 0x26c, which ends no header");
	store_u8(b + LINUX_JUMP + 1, 0x21);
	refused("linux: the jump at 0x200 is 0xeb to 0x223, which ends no header");
	store_u8(b + LINUX_JUMP + 1, 0x8f);
	refused("linux: the jump at 0x200 is 0xeb to 0x291, which ends no header");
	store_u16(b + LINUX_VERSION, 0x1ff);
	refused("linux: version at 0x206 is 0x1ff, and 0x200 is the first");
	built.file.length -= 16;
	refused("linux: the image is cut: syssize at 0x1f4 tells of 0x5000 bytes, 0x4ff0 are "
		"there");
	store_u32(b + LINUX_PAYLOAD_LENGTH, BUILT_CODE - 0x300 + 1);
	refused("linux: payload_offset 0x300 and payload_length 0x4d01 at 0x248 lead out of the "
		"image");
	store_u32(b + LINUX_PAYLOAD_LENGTH, 0xffffffff);
	assert_int_equal(parse(), ERROR_INVALID_DATA);
	build_linux(&built, 0x20f);
	store_u32(b + LINUX_KERNEL_ALIGNMENT, 0);
	refused("linux: kernel_alignment at 0x230 is 0x0, no power of two up to 1 GiB");
	store_u32(b + LINUX_KERNEL_ALIGNMENT, 0x80000000);
	refused("linux: kernel_alignment at 0x230 is 0x80000000, no power of two up to 1 GiB");
	store_u8(b + LINUX_MIN_ALIGNMENT, 22);
	refused("linux: min_alignment at 0x235 is 2 to the 22, more than kernel_alignment");
	store_u8(b + LINUX_MIN_ALIGNMENT, 64);
	refused("linux: min_alignment at 0x235 is 2 to the 64, more than kernel_alignment");
	built.file.length = BUILT_SETUP + 0x200;
	store_u32(b + LINUX_SYSSIZE, 1);
	store_u32(b + LINUX_PAYLOAD_OFFSET, 0);
	refused("linux: xloadflags at 0x236 tells of a 64-bit entry behind the image's end");
	/* The last paragraph may be cut. */
	built.file.length -= 15;
	assert_int_equal(parse(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_kernel_of_today),
		cmocka_unit_test(kernels_of_yesterday),
		cmocka_unit_test(entries),
		cmocka_unit_test(malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
