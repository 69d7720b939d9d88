/* Setup code, stack, heap and command line share a segment of 64 KiB, as the setup code wants them. */
#include "guest/load/linux_real_mode.h"

#include "lib/bytes.h"
#include "lib/string.h"

#define REAL_MODE_AT       0x10000u
#define REAL_MODE_AT_OLD   0x90000u
#define HEAP_END           0xe000u
#define HEAP_END_OLD       0x9800u
#define SEGMENT_SIZE       0x10000u
#define SEGMENT_SIZE_OLD   0xa000u
#define HEAP_END_BIAS      0x200u
#define COMMAND_LINE_MAGIC 0xa33fu

enum error linux_real_mode_place(struct linux_load *load, struct linux_real_mode *real,
				 struct reason *why)
{
	const struct linux_image *image = &load->image;
	const bool movable = image->version >= LINUX_2_02 && image->loaded_high;

	*real = (struct linux_real_mode) { .at = movable ? REAL_MODE_AT : REAL_MODE_AT_OLD,
					   .heap_end = movable ? HEAP_END : HEAP_END_OLD };
	const uint32_t end = real->at + (movable ? SEGMENT_SIZE : SEGMENT_SIZE_OLD);

	enum error error = linux_place_kernel(load, &real->kernel, why);
	if (!error)
		error = placement_claim(&load->placement, "the real-mode code", real->at,
					real->heap_end, &real->setup, why);
	if (!error)
		error = linux_place_command_line(load, real->at + real->heap_end, end,
						 &real->command_line, why);
	return error ? error : linux_place_initrd(load, &real->initrd, why);
}

void linux_real_mode_fill(const struct linux_load *load, const struct linux_real_mode *real,
			  uint8_t *setup)
{
	const unsigned version = load->image.version;
	const uint32_t command_line = (uint32_t)load->command_line_at - real->at;

	linux_fill_header(load, setup);
	if (version >= LINUX_2_01) {
		store_u16(setup + LINUX_HEAP_END_PTR, (uint16_t)(real->heap_end - HEAP_END_BIAS));
		store_u8(setup + LINUX_LOADFLAGS,
			 load_u8(setup + LINUX_LOADFLAGS) | (uint8_t)LINUX_CAN_USE_HEAP);
	}
	if (version >= LINUX_2_02)
		return;
	store_u16(setup + LINUX_COMMAND_LINE_MAGIC, COMMAND_LINE_MAGIC);
	store_u16(setup + LINUX_COMMAND_LINE_OFFSET, (uint16_t)command_line);
	if (version >= LINUX_2_00)
		store_u16(setup + LINUX_SETUP_MOVE_SIZE,
			  (uint16_t)(command_line + strlen(load->command_line) + 1));
}
