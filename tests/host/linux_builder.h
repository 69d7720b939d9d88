/* Linux kernel images made by hand, for tests of the loader: a header of any version, and code that
 * is a pattern. */
#ifndef TESTS_HOST_LINUX_BUILDER_H
#define TESTS_HOST_LINUX_BUILDER_H

#include <string.h>

#include "guest/load/linux_image.h"
#include "lib/bytes.h"

#define BUILT_SETUP_SECTS 4
#define BUILT_SETUP       ((BUILT_SETUP_SECTS + 1) * 512)
#define BUILT_CODE        0x5000
#define BUILT_ALIGNMENT   MIB(2)
#define BUILT_PREFERRED   MIB(16)
#define BUILT_INIT_SIZE   MIB(8)
#define BUILT_INITRD_MAX  0x7fffffffu
#define BUILT_LINE_MOST   300

struct built_linux {
	uint8_t bytes[BUILT_SETUP + BUILT_CODE];
	struct load_file file;
};

/* What a kernel of today would be, with the version of another day; fields that the version does not
 * have hold rubbish, as what lies there is code. */
static inline void build_linux(struct built_linux *built, unsigned version)
{
	uint8_t *b = built->bytes;

	for (unsigned i = 0; i < sizeof(built->bytes); i++)
		b[i] = (uint8_t)(i * 7 + i / 256 + 1);
	built->file = (struct load_file) { b, sizeof(built->bytes), "console=ttyS0" };
	store_u8(b + LINUX_SETUP_SECTS, BUILT_SETUP_SECTS);
	store_u32(b + LINUX_SYSSIZE, BUILT_CODE / 16);
	store_u16(b + LINUX_BOOT_FLAG, 0xaa55);
	if (!version)
		return;
	memcpy(b + LINUX_JUMP,
	       "\xeb\x6a"
	       "HdrS",
	       6);
	store_u16(b + LINUX_VERSION, (uint16_t)version);
	store_u8(b + LINUX_LOADFLAGS, LINUX_LOADED_HIGH);
	store_u32(b + LINUX_CODE32_START, MIB(1));
	if (version >= LINUX_2_03)
		store_u32(b + LINUX_INITRD_ADDR_MAX, BUILT_INITRD_MAX);
	if (version >= LINUX_2_05) {
		store_u32(b + LINUX_KERNEL_ALIGNMENT, BUILT_ALIGNMENT);
		store_u8(b + LINUX_RELOCATABLE_KERNEL, 1);
	}
	if (version >= LINUX_2_06)
		store_u32(b + LINUX_CMDLINE_SIZE, BUILT_LINE_MOST);
	if (version >= LINUX_2_08) {
		store_u32(b + LINUX_PAYLOAD_OFFSET, 0x300);
		store_u32(b + LINUX_PAYLOAD_LENGTH, 0x4000);
	}
	if (version >= LINUX_2_10) {
		store_u8(b + LINUX_MIN_ALIGNMENT, 13);
		store_u64(b + LINUX_PREF_ADDRESS, BUILT_PREFERRED);
		store_u32(b + LINUX_INIT_SIZE, BUILT_INIT_SIZE);
	}
	if (version >= LINUX_2_12)
		store_u16(b + LINUX_XLOADFLAGS, LINUX_KERNEL_64 | LINUX_ABOVE_4G);
}

#endif
