/* Chip sets decode the ROM below 4 GiB and its end below 1 MiB; the CPU starts 16 bytes before 4 GiB
 * (SDM volume 3, "First Instruction Executed"). */
#include "guest/load/load_firmware.h"

#include "lib/bits.h"

#define ADDRESS_SPACE_END GIB(4)
#define LOW_END           MIB(1)
#define RESET_BYTES       16

/* ROM that was never programmed reads as ones, RAM that was never written as zeroes: neither is an
 * instruction that a firmware starts with. */
static bool has_start(const uint8_t *bytes)
{
	for (unsigned i = 1; i < RESET_BYTES; i++) {
		if (bytes[i] != bytes[0])
			return true;
	}
	return bytes[0] != 0x00 && bytes[0] != 0xff;
}

enum error load_firmware(const struct load_file *image, struct firmware_layout *layout,
			 struct boot_state *out, struct reason *why)
{
	const uint64_t length = image->length;
	const uint64_t low = length < FIRMWARE_LOW_MOST ? length : FIRMWARE_LOW_MOST;

	*layout = (struct firmware_layout) { 0 };
	*out = (struct boot_state) { .mode = VCPU_MODE_RESET };
	if (!length || !is_aligned(length, PAGE_SIZE) || length > FIRMWARE_MOST)
		return reason_set(
			why, ERROR_INVALID_DATA,
			"firmware: its size of 0x%llx bytes is not one of 1 to %llu whole "
			"pages",
			(unsigned long long)length,
			(unsigned long long)(FIRMWARE_MOST / PAGE_SIZE));
	if (!has_start(image->bytes + length - RESET_BYTES))
		return reason_set(why, ERROR_INVALID_DATA,
				  "firmware: nothing at the reset vector, 16 bytes before its end");
	layout->high =
		(struct firmware_area) { .at = ADDRESS_SPACE_END - length, .length = length };
	layout->low = (struct firmware_area) { LOW_END - low, length - low, low };
	return ERROR_NONE;
}
